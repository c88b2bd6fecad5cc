/** The documents describe the tree as it is: every path, test and link that they name exists. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'DECISIONS.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path)),
];

const folders = 'auth-server|resource-api|shared|migrations|scripts|docs|clients|examples|deploy';
const namedPath = new RegExp(`\`((?:${folders})/[\\w./-]*)\``, 'g');
const link = /\]\((?!https?:|mailto:|#)([^)#\s]+)/g;

const textOf = (document: string) => readFileSync(document, 'utf8');

describe.each(documents)('%s', (document) => {
  const text = textOf(document);

  test('names only paths that exist', () => {
    const missing = [...text.matchAll(namedPath)]
      .map(([, path = '']) => path)
      .filter((path) => !['', '.ts', '.tsx'].some((ending) => existsSync(`${path}${ending}`)));
    expect(missing).toEqual([]);
  });

  test('links only to files that exist', () => {
    const missing = [...text.matchAll(link)]
      .map(([, path = '']) => path)
      .filter((path) => !existsSync(join(dirname(document), path)));
    expect(missing).toEqual([]);
  });
});

test('docs/architecture.md has at most 150 lines', () => {
  expect(textOf('docs/architecture.md').split('\n').length).toBeLessThanOrEqual(150);
});
