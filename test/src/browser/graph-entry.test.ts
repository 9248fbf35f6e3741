import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

it("graph's main entry needs nothing of Node, threads neither", async () => {
  const { metafile, outputFiles } = await build({
    stdin: { contents: "export { GraphData, NeighborLoader } from '@hourglass/graph';", resolveDir: root },
    bundle: true,
    write: false,
    format: 'esm',
    // modules of Node fail to resolve here
    platform: 'browser',
    conditions: ['@hourglass/source'],
    metafile: true,
    logLevel: 'silent',
  });
  expect(outputFiles[0]!.text).not.toMatch(/from "node:|worker_threads/);
  const inputs = Object.keys(metafile.inputs).filter((path) => path.includes('sampling/threads'));
  expect(inputs).toEqual([expect.stringContaining('threads/browser.ts')]);
});
