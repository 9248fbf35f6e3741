import { readdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { useBackend, type BackendName } from '@hourglass/core';
import { startPeer, type Peer } from './peer.js';
import type { Workload } from './workload.js';

const help = `Times our workloads, and their PyTorch twins in the same run where there is a Python with PyTorch.

  npm run bench -- [--only NAME] [--backend NAME] [--repeats N] [--python COMMAND] [--threads N] [--json FILE]

  --python COMMAND  a Python that has PyTorch (or set HOURGLASS_PYTHON); without it only our times are printed
  --repeats N       timed steps of each, interleaved (default 7); medians are printed
  --threads N       threads that PyTorch may use (default 2)

ratio = PyTorch's time / ours, the median over pairs: over 1, we are faster.`;

interface Row {
  name: string;
  description: string;
  oursMs: number;
  torchMs: number | null;
  ratio: number | null;
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

async function measure(name: string, repeats: number, python: string | undefined, threads: number): Promise<Row> {
  const folder = new URL(`./workloads/${name}/`, import.meta.url);
  const { workload } = (await import(new URL('ours.ts', folder).href)) as { workload: Workload };
  const peer: Peer | null = python === undefined ? null : await startPeer(python, new URL('twin.py', folder), threads);
  const prepared = await workload.prepare();
  const [ours, torch]: [number[], number[]] = [[], []];
  try {
    for (let i = 0; i < 2; i++) await prepared.step();
    for (let i = 0; i < repeats; i++) {
      const start = performance.now();
      await prepared.step();
      ours.push(performance.now() - start);
      if (peer !== null) torch.push(await peer.time());
    }
  } finally {
    prepared.dispose();
    peer?.stop();
  }
  return {
    name,
    description: workload.description,
    oursMs: median(ours),
    torchMs: peer === null ? null : median(torch),
    ratio: peer === null ? null : median(torch.map((ms, i) => ms / ours[i]!)),
  };
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    backend: { type: 'string', default: 'auto' },
    repeats: { type: 'string', default: '7' },
    python: { type: 'string' },
    threads: { type: 'string', default: '2' },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  console.log(help);
} else {
  const python = values.python ?? process.env['HOURGLASS_PYTHON'];
  console.log(`backend ${(await useBackend(values.backend as BackendName)).reason}`);
  const names = readdirSync(new URL('./workloads/', import.meta.url)).sort();
  const rows: Row[] = [];
  for (const name of names.filter((candidate) => values.only === undefined || candidate.includes(values.only))) {
    const row = await measure(name, Number(values.repeats), python, Number(values.threads));
    rows.push(row);
    const peer = row.torchMs === null ? '' : `  PyTorch ${row.torchMs.toFixed(1)} ms  ratio ${row.ratio!.toFixed(2)}`;
    console.log(`${name.padEnd(18)} ${row.oursMs.toFixed(1)} ms${peer}  (${row.description})`);
  }
  if (rows.length === 0) throw new Error(`no workload is named like '${values.only}'; there are ${names.join(', ')}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 1)}\n`);
}
