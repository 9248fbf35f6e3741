import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { HourglassError, type BackendName } from '@hourglass/core';
import { kernelTable } from './table.js';

const help = `Writes docs/kernels.md: which kernels each backend has, from where, and which have a gradient.

  npm run kernels -- [--check] [--backend NAME]...

  --check          writes nothing; exit code 1 when the page is out of date
  --backend NAME   a column of the table, printed instead of written; default cpu, wasm and native`;

const page = new URL('../../../docs/kernels.md', import.meta.url);
const everywhere: readonly BackendName[] = ['cpu', 'wasm', 'native'];

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
  const table = await kernelTable(everywhere);
  if (!values.check) {
    writeFileSync(page, table);
    return 0;
  }
  if (existsSync(page) && readFileSync(page, 'utf8') === table) return 0;
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
