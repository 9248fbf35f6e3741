import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Packages that are not modalities. Everything else under packages/ is one, and follows the common skeleton. */
const foundations: Readonly<Record<string, readonly string[]>> = {
  core: [],
  'backend-native': ['core'],
  cli: ['core'],
  // for tests only: no src may import it
  testing: ['core'],
};
/** What a modality package may import of ours. */
const modalityMayImport: readonly string[] = ['core'];

const foundationSkeleton = [
  'README.md',
  'LICENSE',
  'package.json',
  'tsconfig.json',
  'src/index.ts',
  'test/tsconfig.json',
];
/** What `npm run new:package` makes. */
const skeleton = [
  ...foundationSkeleton,
  'src/models',
  'src/layers',
  'src/data',
  'src/metrics',
  'src/training',
  'src/node/index.ts',
  'src/tasks/index.ts',
  'src/papers.ts',
];
/** Entries of a modality's package.json: what runs in browsers, what needs Node's files, what the command finds. */
const entries = ['.', './node', './tasks', './package.json'];

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** Every broken rule of the repository's structure, one sentence each; empty when all is well. */
export function structureProblems(root: string): string[] {
  const names = readdirSync(join(root, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return [
    ...names.flatMap((name) => [
      ...skeletonProblems(root, name),
      ...manifestProblems(root, name),
      ...dependencyProblems(root, name),
    ]),
    ...referenceProblems(root, names),
    ...cycleProblems(root, names),
    ...copyProblems(root),
  ];
}

function skeletonProblems(root: string, name: string): string[] {
  const expected = name in foundations ? foundationSkeleton : skeleton;
  return expected
    .filter((path) => !existsSync(join(root, 'packages', name, path)))
    .map((path) => `packages/${name} has no ${path}: every package has the common skeleton`);
}

function manifestProblems(root: string, name: string): string[] {
  const path = join(root, 'packages', name, 'package.json');
  if (!existsSync(path)) return [];
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const expected: Record<string, unknown> = {
    name: `@hourglass/${name}`,
    type: 'module',
    license: 'Apache-2.0',
    sideEffects: false,
  };
  const problems = Object.entries(expected)
    .filter(([key, value]) => manifest[key] !== value)
    .map(([key, value]) => `packages/${name}/package.json: ${key} must be ${JSON.stringify(value)}`);
  if (!(name in foundations)) {
    const exported = Object.keys((manifest['exports'] ?? {}) as Record<string, unknown>);
    const missing = entries.filter((entry) => !exported.includes(entry));
    if (missing.length > 0) problems.push(`packages/${name}/package.json: exports lacks ${missing.join(', ')}`);
    const { tasks } = (manifest['hourglass'] ?? {}) as { tasks?: string };
    if (tasks !== './tasks') problems.push(`packages/${name}/package.json: hourglass.tasks must be "./tasks"`);
  }
  const dependencies = (manifest['dependencies'] ?? {}) as Record<string, string>;
  if ('@tensorflow/tfjs-core' in dependencies) {
    problems.push(
      `packages/${name}/package.json: @tensorflow/tfjs-core must be a peer dependency, so that there is one copy`,
    );
  }
  return problems;
}

/** `tsc --build` checks what tsconfig.json refers to, and nothing else. */
function referenceProblems(root: string, names: readonly string[]): string[] {
  const { references } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
    references: ReadonlyArray<{ path: string }>;
  };
  return names
    .flatMap((name) => [`packages/${name}`, `packages/${name}/test`])
    .filter((path) => !references.some((reference) => reference.path === path))
    .map((path) => `tsconfig.json does not refer to ${path}`);
}

function dependencyProblems(root: string, name: string): string[] {
  const allowed = foundations[name] ?? modalityMayImport;
  const problems: string[] = [];
  for (const file of sources(join(root, 'packages', name, 'src'))) {
    for (const { specifier } of importsOf(file)) {
      const [, other] = /^@hourglass\/([^/]+)/.exec(specifier) ?? [];
      if (other !== undefined && other !== name && !allowed.includes(other)) {
        problems.push(
          `${relative(root, file)} imports @hourglass/${other}: packages/${name} may import ${allowed.join(', ') || 'no other package'}`,
        );
      }
      if (
        specifier.startsWith('.') &&
        !join(dirname(file), specifier).startsWith(join(root, 'packages', name, 'src'))
      ) {
        problems.push(`${relative(root, file)} imports ${specifier}, outside its package's src`);
      }
    }
  }
  return problems;
}

/** Cycles between files, by value imports (types vanish when compiled). */
function cycleProblems(root: string, names: readonly string[]): string[] {
  const problems: string[] = [];
  for (const name of names) {
    const state = new Map<string, 'open' | 'done'>();
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        const cycle = [...path.slice(path.indexOf(file)), file].map((step) => relative(root, step));
        problems.push(`import cycle: ${cycle.join(' -> ')}`);
        return;
      }
      state.set(file, 'open');
      for (const { specifier, typeOnly } of importsOf(file)) {
        if (typeOnly || !specifier.startsWith('.')) continue;
        const target = join(dirname(file), specifier.replace(/\.js$/, '.ts'));
        if (existsSync(target)) visit(target, [...path, file]);
      }
      state.set(file, 'done');
    };
    for (const file of sources(join(root, 'packages', name, 'src'))) visit(file, []);
  }
  return problems;
}

/** TFJS's kernel registry is global: with two copies of its core, tensors of one are unknown to the other. */
function copyProblems(root: string): string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, unknown>;
  };
  const copies = Object.keys(lock.packages).filter((path) => path.endsWith('node_modules/@tensorflow/tfjs-core'));
  return copies.length <= 1
    ? []
    : [`${copies.length} copies of @tensorflow/tfjs-core are installed: ${copies.join(', ')}`];
}

function sources(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const pattern =
    /^\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*(?:\/\*.*?\*\/\s*)?'([^']+)'\s*\)/gm;
  return Array.from(text.matchAll(pattern), ([, type, fixed, dynamic]) => ({
    specifier: (fixed ?? dynamic)!,
    // a dynamic import runs later, so it closes no cycle
    typeOnly: type !== undefined || dynamic !== undefined,
  }));
}
