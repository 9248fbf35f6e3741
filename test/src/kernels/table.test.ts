import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { caseNames } from '../contract/suite.js';
import { formatOwnTable, parseOwnTable } from './own-table.js';
import { introduction, kernelTable, tableBackends } from './table.js';

it('docs/kernels.md is what the registries say, with bounds for every kernel of core', async () => {
  const committed = readFileSync(new URL('../../../docs/kernels.md', import.meta.url), 'utf8');
  const table = parseOwnTable(committed);
  expect([...table.keys()], 'kernels that were not measured: run npm run kernels').toEqual(caseNames);
  const current = [introduction, await formatOwnTable(table), await kernelTable(tableBackends)].join('\n');
  expect(committed === current, 'out of date; run npm run kernels').toBe(true);
});
