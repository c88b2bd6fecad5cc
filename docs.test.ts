/** The documents describe the tree as it is: every path, test and link that they name exists. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createTestServices } from './shared/testing/services.js';

const { services } = await createTestServices();

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
      // A word in capitals stands for a name that the reader chooses.
      .filter((path) => !/[A-Z]{3}/.test(path))
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

test('docs/storage.md names every table of the schema, and no other', async () => {
  const { rows } = await services.db.raw(
    `select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE'
       and table_name not in (select inhrelid::regclass::text from pg_inherits)`,
  );
  const tables: string[] = rows.map(({ name }: { name: string }) => name);
  const text = textOf('docs/storage.md');
  const rowsOfTables = text.split('## Redis')[0] ?? '';
  const named = [...rowsOfTables.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
  );
  expect(named.toSorted()).toEqual(tables.toSorted());
});
