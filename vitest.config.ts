import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Workspace packages resolve to their TypeScript source, not to dist.
const source = { conditions: ['@hourglass/source', 'module', 'node', 'import', 'default'] };

function project(name: string, root: string) {
  return {
    resolve: source,
    ssr: { resolve: source },
    test: {
      name,
      root,
      include: ['**/*.test.ts'],
      exclude: ['**/node_modules/**', '**/dist/**'],
      // for what is looked up while running: optional packages of this repository
      execArgv: ['--conditions=@hourglass/source'],
      // a training test on the WebAssembly backend may take a minute on a busy machine
      testTimeout: 180_000,
      hookTimeout: 60_000,
    },
  };
}

/** A project for each package or example that has tests, under its folder's name. */
const projectsIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'test')))
    .map((name) => project(name, join(folder, name, 'test')));

export default defineConfig({
  resolve: source,
  ssr: { resolve: source },
  test: {
    maxWorkers: 2,
    reporters: ['default', './scripts/closing-line.mjs'],
    projects: [
      ...projectsIn('packages'),
      ...projectsIn('examples'),
      project('bench', 'bench/test'),
      project('test', 'test/src'),
    ],
  },
});
