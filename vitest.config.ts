import { defineConfig } from 'vitest/config';

// Workspace packages resolve to their TypeScript source, not to dist.
const source = { conditions: ['@hourglass/source', 'module', 'node', 'import', 'default'] };

function project(name: string, root: string, testTimeout = 30_000) {
  return {
    resolve: source,
    ssr: { resolve: source },
    test: {
      name,
      root,
      include: ['**/*.test.ts'],
      exclude: ['**/node_modules/**', '**/dist/**'],
      testTimeout,
      hookTimeout: 60_000,
    },
  };
}

export default defineConfig({
  resolve: source,
  ssr: { resolve: source },
  test: {
    maxWorkers: 2,
    reporters: ['default', './scripts/closing-line.mjs'],
    projects: [
      project('core', 'packages/core/test'),
      project('vision', 'packages/vision/test', 120_000),
      project('cli', 'packages/cli/test', 120_000),
      project('test', 'test/src', 300_000),
    ],
  },
});
