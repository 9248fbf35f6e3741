import { existsSync, readdirSync } from 'node:fs';
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

/** A project for each package or example that has tests, under its folder's name. */
const projectsIn = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => existsSync(join(root, folder, name, 'test')))
    .map((name) => project(name, join(root, folder, name, 'test')));

/**
 * The tests of core and vision once more on another backend than they choose themselves; those of single backends' kernels are
 * what they are.
 */
const onBackend = (
  backend: string,
  settings: Settings = {},
  packages = ['core', 'vision'],
): TestProjectConfiguration[] =>
  packages.map((name) =>
    project(`${name} on ${backend}`, join(root, 'packages', name, 'test'), {
      env: { HOURGLASS_TEST_BACKEND: backend },
      exclude: ['completion/**', 'backend.test.ts', 'webgpu/**', 'checkpoint/browser.test.ts'],
      ...settings,
    }),
  );

/** Where it was built. */
const onNative = ([built, prebuilt] as string[]).some((binary) => existsSync(binary)) ? onBackend('native') : [];

/** Where there is an adapter, if only in software. Files share a process, since it would compile every shader again for each. */
const onWebGPU = hasWebGPUAdapter() ? onBackend('webgpu', { isolate: false }) : [];

/** Plain JavaScript takes minutes for whole networks. */
const onCpu = onBackend('cpu', {}, ['core']);

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
      ...onCpu,
      ...onNative,
      ...onWebGPU,
    ],
  },
});
