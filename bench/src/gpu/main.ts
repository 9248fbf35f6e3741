import { readdirSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { HourglassError, useBackend } from '@hourglass/core';
import { environment } from '../process.js';
import { measure, type Row, type Settings } from '../measure.js';
import { adapterOf, gpuLine, gpuMarkdown, type Rates } from './report.js';
import { sizeVariable } from './size.js';

const help = `Times the kernels and whole train steps on the WebGPU adapter at hand, beside PyTorch on CUDA where there is one on this machine.

  npm run bench:gpu -- [--only NAME] [--repeats N] [--size full|small] [--python COMMAND] [--json FILE] [--markdown FILE]

  --only NAME       kernels and models whose names contain this; the adapter's own rates are measured in any case
  --repeats N       samples of each, in turn (default 7); medians are printed
  --size            small for adapters that compute on the processor, which is the default there; without a twin
  --python COMMAND  a Python that has PyTorch (or set HOURGLASS_PYTHON; default python3)
  --no-models       kernels alone
  --json, --markdown  write the table there

Printed are GFLOP/s or GB/s, and the share of what the adapter reached in a plain copy and a plain matrix product in the same run.
ratio = PyTorch's time / ours: above 1, ours is better.`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    repeats: { type: 'string', default: '7' },
    size: { type: 'string' },
    python: { type: 'string' },
    models: { type: 'boolean', default: true },
    json: { type: 'string' },
    markdown: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
  allowNegative: true,
});

/** The Python given, if its PyTorch has CUDA. */
function pythonWithCuda(): string | null {
  const python = values.python ?? process.env['HOURGLASS_PYTHON'] ?? 'python3';
  const ask = 'import sys, torch; sys.exit(0 if torch.cuda.is_available() else 1)';
  return spawnSync(python, ['-c', ask], { env: environment(1) }).status === 0 ? python : null;
}

const foldersIn = (folder: string): string[] =>
  readdirSync(new URL(`../../src/${folder}/`, import.meta.url))
    .toSorted()
    .map((name) => `${folder}/${name}`);

/** Work a second: of a matrix product, and of a copy. */
function ratesOf(rows: readonly Row[]): Rates {
  const best = (workload: string): Row => rows.find((row) => row.workload === workload && row.case === 'forward')!;
  const [matmul, copy] = [best(matmulFolder), best(copyFolder)];
  return { flops: matmul.work!.flops! / (matmul.ours / 1e3), bytes: copy.work!.bytes! / (copy.ours / 1e3) };
}

const copyFolder = 'gpu/kernels/copy';
const matmulFolder = 'gpu/kernels/matmul';

async function main(): Promise<void> {
  if (values.help) return console.log(help);
  if (values.size !== undefined && values.size !== 'full' && values.size !== 'small')
    throw new HourglassError(`--size ${values.size}: full or small`);
  await useBackend('webgpu');
  const adapter = adapterOf(tf.backend());
  const size = values.size ?? (adapter.isSoftware ? 'small' : 'full');
  process.env[sizeVariable] = size;
  const python = size === 'full' ? pythonWithCuda() : null;
  console.log(
    `${adapter.name}${adapter.isSoftware ? ', which computes on the processor' : ''}; sizes: ${size}; PyTorch on CUDA: ${python ?? 'none'}`,
  );
  const settings: Settings = {
    python,
    device: 'cuda',
    backend: 'webgpu',
    threads: 2,
    repeats: Number(values.repeats),
    memory: false,
  };
  const chosen = (folder: string): boolean => folder.split('/').at(-1)!.includes(values.only);
  const kernels = foldersIn('gpu/kernels').filter((folder) => folder !== copyFolder && folder !== matmulFolder);
  // models have one size alone, which takes an adapter on the processor many minutes
  const models = values.models && size === 'full' ? foldersIn('workloads') : [];
  const rows: Row[] = [];
  const run = async (folder: string, rates: Rates | null): Promise<void> => {
    try {
      for (const row of await measure(folder, settings)) {
        rows.push(row);
        console.log(gpuLine(row, rates));
      }
    } catch (error) {
      // what one adapter cannot do must not cost the figures of all others
      console.error(`${folder}: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  };
  for (const folder of [copyFolder, matmulFolder]) await run(folder, null);
  const rates = ratesOf(rows);
  for (const folder of [...kernels, ...models].filter(chosen)) await run(folder, rates);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ adapter, rates, rows }, null, 1)}\n`);
  if (values.markdown !== undefined) writeFileSync(values.markdown, gpuMarkdown(adapter, rates, rows, python !== null));
}

try {
  await main();
  // the device would keep the process alive
  process.exit();
} catch (error) {
  console.error(error instanceof HourglassError ? error.message : error);
  process.exit(1);
}
