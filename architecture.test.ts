/**
 * The rules of the house that a compiler does not know: which way the arrows point, which room may say what, and how
 * long a file may grow. A rule that is in the way is changed here, in sight of everybody, or not at all.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseSync } from '@swc/core';
import { products } from './shared/products/index.js';

const rooms = ['auth-server', 'resource-api', 'shared', 'migrations', 'scripts'];

interface SourceFile {
  path: string;
  text: string;
  /** Own files that it imports, as paths of the repository, types too. */
  imports: string[];
  /** The same without those of which it imports types only. */
  valueImports: string[];
  packages: string[];
  readsEnvironment: boolean;
  onlyPassesOn: boolean;
}

interface Node {
  type: string;
  [member: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const member of value) visit(member, see);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (isNode(value)) see(value);
  for (const member of Object.values(value)) visit(member, see);
}

const textOf = (node: unknown): string | undefined =>
  isNode(node) && typeof node.value === 'string' ? node.value : undefined;

function readSource(path: string): SourceFile {
  const text = readFileSync(path, 'utf8');
  const program = parseSync(text, { syntax: 'typescript', tsx: path.endsWith('x'), target: 'es2022' });
  const specifiers: string[] = [];
  const values: string[] = [];
  let readsEnvironment = false;
  visit(program.body, (node) => {
    const source = textOf(node.source);
    if (source !== undefined && /^(?:Import|Export)/.test(node.type)) {
      specifiers.push(source);
      if (!importsTypesOnly(node)) values.push(source);
    }
    if (node.type === 'CallExpression' && isNode(node.callee) && node.callee.type === 'Import') {
      const [argument] = node.arguments as { expression: unknown }[];
      const dynamic = textOf(argument?.expression);
      if (dynamic !== undefined) {
        specifiers.push(dynamic);
        values.push(dynamic);
      }
    }
    if (
      node.type === 'MemberExpression' &&
      textOf(node.object) === 'process' &&
      textOf(node.property) === 'env'
    ) {
      readsEnvironment = true;
    }
  });
  const own = specifiers.filter((specifier) => specifier.startsWith('.'));
  return {
    path,
    text,
    imports: own.map((specifier) => resolveImport(path, specifier)),
    valueImports: values
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => resolveImport(path, specifier)),
    packages: specifiers.filter((specifier) => !specifier.startsWith('.')),
    readsEnvironment,
    onlyPassesOn: program.body.length > 0 && program.body.every(passesOn),
  };
}

/** `import type …`, or an import whose every name is marked `type`: nothing of it is left when the code runs. */
function importsTypesOnly(node: Node): boolean {
  const specifiers = Array.isArray(node.specifiers) ? node.specifiers : [];
  return (
    node.typeOnly === true || (specifiers.length > 0 && specifiers.every((one) => one.isTypeOnly === true))
  );
}

const passesOn = (node: { type: string; source?: unknown }): boolean =>
  node.type === 'ExportAllDeclaration' || (node.type === 'ExportNamedDeclaration' && isNode(node.source));

function resolveImport(from: string, specifier: string): string {
  const path = normalize(join(dirname(from), specifier)).replace(/\.js$/, '');
  return [`${path}.ts`, `${path}.tsx`].find((candidate) => paths.has(candidate)) ?? path;
}

const paths = new Set(
  rooms
    .flatMap((room) =>
      readdirSync(room, { recursive: true, encoding: 'utf8' }).map((path) => join(room, path)),
    )
    .filter((path) => /\.tsx?$/.test(path)),
);
const files = [...paths].sort().map(readSource);
const isTest = ({ path }: { path: string }): boolean => /\.test\.tsx?$|\/testing(?:\/|\.ts$)/.test(path);
const production = files.filter((file) => !isTest(file));
const roomOf = (path: string): string => path.split('/')[0] ?? '';

/** The arrows that break a rule, as `from → to`. */
function arrows(
  from: (file: SourceFile) => boolean,
  to: (path: string, file: SourceFile) => boolean,
): string[] {
  return production
    .filter(from)
    .flatMap((file) => file.imports.filter((path) => to(path, file)).map((path) => `${file.path} → ${path}`));
}

describe('arrows point one way', () => {
  test('the servers never import each other, and what they share imports neither', () => {
    const servers = ['auth-server', 'resource-api'];
    expect(
      arrows(
        ({ path }) => ['auth-server', 'resource-api', 'shared', 'migrations'].includes(roomOf(path)),
        (path, file) =>
          (servers.includes(roomOf(path)) && roomOf(path) !== roomOf(file.path)) ||
          roomOf(path) === 'scripts',
      ),
    ).toEqual([]);
  });

  test('a migration imports nothing of ours that could change under it', () => {
    expect(
      arrows(
        ({ path }) => roomOf(path) === 'migrations',
        () => true,
      ),
    ).toEqual([]);
  });

  test('the domain has never heard of HTTP, Koa or a product', () => {
    const domainOf = (path: string) => /^resource-api\/products\/[^/]+\/domain\//.exec(path)?.[0];
    const domain = ({ path }: SourceFile) => domainOf(path) !== undefined;
    expect(
      arrows(
        domain,
        (path, file) =>
          !path.startsWith('shared/') &&
          path !== 'resource-api/products/paging.ts' &&
          domainOf(path) !== domainOf(file.path),
      ),
    ).toEqual([]);
    const packages = production.filter(domain).flatMap((file) => file.packages);
    expect(packages.filter((name) => /^(?:koa|@koa|node:http|ws|oidc-provider)/.test(name))).toEqual([]);
  });

  test('nobody imports a product of the resource API but the list', () => {
    const productOf = (path: string) => /^resource-api\/products\/([^/]+)\//.exec(path)?.[1];
    expect(
      arrows(
        ({ path }) => path !== 'resource-api/products/index.ts' && roomOf(path) !== 'scripts',
        (path, file) => productOf(path) !== undefined && productOf(path) !== productOf(file.path),
      ),
    ).toEqual([]);
  });

  test('nobody imports the facts of one product but their list and the product itself', () => {
    const ids = products.map(({ id }) => id).join('|');
    const definition = new RegExp(`^shared/products/(${ids})\\.ts$`);
    expect(
      arrows(
        ({ path }) => path !== 'shared/products/index.ts',
        (path, file) => {
          const id = definition.exec(path)?.[1];
          return id !== undefined && !file.path.startsWith(`resource-api/products/${id}/`);
        },
      ),
    ).toEqual([]);
  });

  test('Koa stays in the servers, and oidc-provider in the authorization server', () => {
    const uses = (pattern: RegExp, room: string) =>
      production.filter(
        ({ path, packages }) => roomOf(path) === room && packages.some((name) => pattern.test(name)),
      );
    expect(uses(/^(?:koa|@koa\/.*|oidc-provider)$/, 'shared').map(({ path }) => path)).toEqual([]);
    expect(uses(/^oidc-provider$/, 'resource-api').map(({ path }) => path)).toEqual([]);
  });

  test('there is no circle', () => {
    const byPath = new Map(production.map((file) => [file.path, file]));
    const done = new Set<string>();
    const circles: string[] = [];
    const follow = (path: string, trail: string[]): void => {
      const start = trail.indexOf(path);
      if (start >= 0) circles.push([...trail.slice(start), path].join(' → '));
      if (start >= 0 || done.has(path)) return;
      for (const next of byPath.get(path)?.imports ?? []) follow(next, [...trail, path]);
      done.add(path);
    };
    for (const { path } of production) follow(path, []);
    expect(circles).toEqual([]);
  });

  test('no two folders import each other, not even by way of others', () => {
    const within = (one: string, other: string) => one === other || one.startsWith(`${other}/`);
    const edges = new Map<string, Set<string>>();
    for (const { path, valueImports } of production) {
      const from = dirname(path);
      const targets = edges.get(from) ?? new Set();
      edges.set(from, targets);
      for (const imported of valueImports) {
        const to = dirname(imported);
        // A folder and a folder inside it count as one.
        if (!within(from, to) && !within(to, from)) targets.add(to);
      }
    }
    const reaches = (from: string, seen: Set<string>): Set<string> => {
      for (const to of edges.get(from) ?? []) {
        if (seen.has(to)) continue;
        seen.add(to);
        reaches(to, seen);
      }
      return seen;
    };
    expect([...edges.keys()].filter((folder) => reaches(folder, new Set()).has(folder))).toEqual([]);
  });
});

describe('each thing is said in one room', () => {
  test('only the configuration reads the environment', () => {
    const readers = production.filter(
      ({ path, readsEnvironment }) => readsEnvironment && roomOf(path) !== 'scripts',
    );
    expect(readers.map(({ path }) => path)).toEqual(['shared/config.ts']);
  });

  test('only the rooms of the products spell their names', () => {
    // A header that a protocol defines is no product's name, though a product is named after the protocol.
    const names = new RegExp(
      `\\b(?:${products.flatMap(({ id, name }) => [id, name]).join('|')})\\b(?!-Protocol-Version)`,
      'i',
    );
    const allowed = /^(?:shared\/products|resource-api\/products|migrations|scripts)\//;
    const spelling = production.filter(({ path, text }) => !allowed.test(path) && names.test(text));
    expect(spelling.map(({ path }) => path)).toEqual([]);
  });
});

describe('files are small and named for what they hold', () => {
  test('names are kebab-case nouns, and no drawer for odds and ends', () => {
    const kebab = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.tsx?$/;
    const drawer = /\b(?:utils?|helpers?|common|misc|lib)\b/;
    const bad = files.filter(({ path }) => !kebab.test(path.split('/').at(-1) ?? '') || drawer.test(path));
    expect(bad.map(({ path }) => path)).toEqual([]);
  });

  test('no folder holds more than 16 files; pages and their parts 24, migrations as many as there are', () => {
    const counts = new Map<string, number>();
    for (const { path } of production) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    const bound = (folder: string) =>
      folder === 'migrations'
        ? Number.POSITIVE_INFINITY
        : /\/pages(?:\/|$)|^shared\/ui$/.test(folder)
          ? 24
          : 16;
    expect([...counts].filter(([folder, count]) => count > bound(folder))).toEqual([]);
  });

  test('no file only passes on what others export', () => {
    expect(files.filter(({ onlyPassesOn }) => onlyPassesOn).map(({ path }) => path)).toEqual([]);
  });

  test('nothing is much longer than 250 lines, and half of all files are shorter than 110', () => {
    const lengths = production.map(({ path, text }) => ({ path, lines: text.split('\n').length }));
    expect(lengths.filter(({ lines }) => lines > 260)).toEqual([]);
    const sorted = lengths.map(({ lines }) => lines).sort((one, other) => one - other);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(110);
  });
});
