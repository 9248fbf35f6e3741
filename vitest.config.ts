import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { built, prebuilt } from './packages/backend-native/scripts/locations.mjs';
import { hasWebGPUAdapter, softwareAdapter } from './scripts/software-adapter.mjs';

// A GPU in software for the webgpu backend, inherited by the processes that tests run in. With HOURGLASS_TEST_ADAPTER=hardware
// they take what the machine has.
if (process.env['HOURGLASS_TEST_ADAPTER'] !== 'hardware') {
  Object.assign(process.env, softwareAdapter({ only: true }));
  // it compiles ten times as long what sets workgroup memory to zero first, which no kernel relies on
  process.env['HOURGLASS_DAWN_OPTIONS'] ??= 'enable-dawn-features=disable_workgroup_init';
}

// Workspace packages resolve to their TypeScript source, not to dist.
const source = { conditions: ['@hourglass/source', 'module', 'node', 'import', 'default'] };

interface Settings {
  readonly env?: Record<string, string>;
  readonly exclude?: readonly string[];
  /** Whether every file of tests gets a process of its own. */
  readonly isolate?: boolean;
}

function project(name: string, root: string, settings: Settings = {}) {
  return {
    resolve: source,
    ssr: { resolve: source },
    test: {
      name,
      root,
      include: ['**/*.test.ts'],
      exclude: ['**/node_modules/**', '**/dist/**', ...(settings.exclude ?? [])],
      env: settings.env ?? {},
      isolate: settings.isolate ?? true,
      setupFiles: settings.isolate === false ? [join(import.meta.dirname, 'scripts/fresh-generator.mjs')] : [],
      // for what is looked up while running: optional packages of this repository
      execArgv: ['--conditions=@hourglass/source'],
      // a training test on the WebAssembly backend may take a minute on a busy machine
      testTimeout: 180_000,
      hookTimeout: 60_000,
    },
  };
}

// also when a package's own script starts vitest in its folder
const root = import.meta.dirname;

/** Its tests change what a process has only once: limits of memory, threads, a signal handler. */
const processPerFile = ['backend-native'];

/** A project for each package or example that has tests, under its folder's name. Files share a process, since starting one takes longer than most tests. */
const projectsIn = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => existsSync(join(root, folder, name, 'test')))
    .map((name) => project(name, join(root, folder, name, 'test'), { isolate: processPerFile.includes(name) }));

/** What `test/backends.json` of a package says of {@link onBackend}. */
interface BackendFacts {
  /** Backends on which its tests do not run once more, each with the reason. */
  readonly without?: Readonly<Record<string, string>>;
  /** Tests of single backends, which are what they are, and of what computes nothing. */
  readonly exclude?: readonly string[];
  /** Further tests that are left out on a backend, because they take minutes there. */
  readonly slow?: Readonly<Record<string, readonly string[]>>;
}

const ownBackendOnly = ['backend-native', 'cli', 'testing'];

/** The tests of core and of every modality once more, on another backend than they choose themselves. */
const onBackend = (backend: string, settings: Settings = {}): TestProjectConfiguration[] =>
  readdirSync(join(root, 'packages'))
    .filter((name) => !ownBackendOnly.includes(name) && existsSync(join(root, 'packages', name, 'test')))
    .flatMap((name) => {
      const tests = join(root, 'packages', name, 'test');
      const facts = join(tests, 'backends.json');
      const {
        without = {},
        exclude = [],
        slow = {},
      } = existsSync(facts) ? (JSON.parse(readFileSync(facts, 'utf8')) as BackendFacts) : {};
      if (backend in without) return [];
      return [
        project(`${name} on ${backend}`, tests, {
          env: { HOURGLASS_TEST_BACKEND: backend },
          exclude: [...exclude, ...(slow[backend] ?? [])],
          ...settings,
        }),
      ];
    });

/** Where it was built. */
const onNative = ([built, prebuilt] as string[]).some((binary) => existsSync(binary))
  ? onBackend('native', { isolate: false })
  : [];

/** Where there is an adapter, if only in software. Files share a process, since it would compile every shader again for each. */
const onWebGPU = hasWebGPUAdapter() ? onBackend('webgpu', { isolate: false }) : [];

export default defineConfig({
  resolve: source,
  ssr: { resolve: source },
  test: {
    maxWorkers: 2,
    reporters: ['default', './scripts/closing-line.mjs'],
    projects: [
      ...projectsIn('packages'),
      ...projectsIn('examples'),
      project('bench', join(root, 'bench/test')),
      project('test', join(root, 'test/src')),
      ...onBackend('cpu', { isolate: false }),
      ...onNative,
      ...onWebGPU,
    ],
  },
});
