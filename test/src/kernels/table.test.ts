import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { kernelTable } from './table.js';

it('docs/kernels.md is what the registries say', async () => {
  const committed = readFileSync(new URL('../../../docs/kernels.md', import.meta.url), 'utf8');
  const current = await kernelTable(['cpu', 'wasm', 'native']);
  expect(committed === current, 'out of date; run npm run kernels').toBe(true);
});
