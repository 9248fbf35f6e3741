import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { HourglassError, type BackendName } from '@hourglass/core';
import { formatOwnTable, measureAll, parseOwnTable } from './own-table.js';
import { introduction, kernelTable, tableBackends as everywhere } from './table.js';

const help = `Writes docs/kernels.md: which kernels each backend has, from where, which have a gradient, and how exact core's own are on
each backend, which it measures: that takes minutes and needs all four backends.

  npm run kernels -- [--check] [--backend NAME]...

  --check          writes and measures nothing; exit code 1 when the page is out of date
  --backend NAME   a column of the table of TensorFlow.js's kernels, printed instead of written`;

const page = new URL('../../../docs/kernels.md', import.meta.url);
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      backend: { type: 'string', multiple: true },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  if (values.backend !== undefined) {
    console.log(await kernelTable(values.backend as BackendName[]));
    return 0;
  }
  const committed = existsSync(page) ? readFileSync(page, 'utf8') : '';
  const table = values.check ? parseOwnTable(committed) : await measureAll((line) => console.error(line));
  const text = [introduction, await formatOwnTable(table), await kernelTable(everywhere)].join('\n');
  if (!values.check) {
    writeFileSync(page, text);
    return 0;
  }
  if (committed === text) return 0;
  console.error('docs/kernels.md is out of date; run npm run kernels');
  return 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const known = error instanceof HourglassError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  console.error(known ? (error as Error).message : error);
  process.exitCode = 2;
}
