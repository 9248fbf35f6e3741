import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { HourglassError, useBackend, type BackendName } from '@hourglass/core';
import { loadAdapters } from './adapters.js';
import { readGoldenFolder } from './folder.js';
import { runFolder, type CaseResult } from './run.js';

const help = `Compares this library with reference outputs.

  npm run parity -- [--backend NAME] [--json FILE] [--verbose] FOLDER...

  FOLDER          a golden folder: config.json, io.safetensors, tolerance.json and usually model.safetensors
  --backend NAME  auto (default), tensorflow, webgpu, native, wasm or cpu
  --json FILE     writes every compared tensor with its ratio to its bound
  --verbose       prints every case, not only the worst of each folder

Exit code: 0 all within bounds, 1 one is over, 2 wrong usage, 3 a folder's model is not known to any package.`;

interface FolderResult {
  folder: string;
  known: boolean;
  ok: boolean;
  worst: { case: string; name: string; ratio: number } | null;
  cases: CaseResult[];
}

function summarise(folder: string, cases: CaseResult[]): FolderResult {
  let worst: FolderResult['worst'] = null;
  for (const { id, op, checks } of cases) {
    for (const { name, ratio } of checks) {
      if (worst === null || ratio > worst.ratio) worst = { case: [id, op].filter(Boolean).join(' '), name, ratio };
    }
  }
  const known = cases.every((result) => result.known);
  const ok =
    known &&
    cases.every(
      (result) =>
        result.error === undefined && result.checks.length > 0 && result.checks.every((check) => check.ratio <= 1),
    );
  return { folder, known, ok, worst, cases };
}

function report(result: FolderResult, verbose: boolean): void {
  const count = result.cases.reduce((n, { checks }) => n + checks.length, 0);
  const worst =
    result.worst === null
      ? '-'
      : `${result.worst.ratio.toFixed(4)} (${[result.worst.case, result.worst.name].filter(Boolean).join(' ')})`;
  const state = result.ok ? 'ok     ' : result.known ? 'OVER   ' : 'UNKNOWN';
  console.log(`${state} ${result.folder}  ${count} tensors, worst ratio to bound ${worst}`);
  for (const { id, op, known, checks, error } of result.cases) {
    const label = `        ${id} ${op}`.trimEnd();
    if (!known) console.log(`${label}: not known to any package`);
    else if (error !== undefined) console.log(`${label}: ${error}`);
    else if (verbose)
      console.log(
        `${label}: worst ${Math.max(0, ...checks.map((check) => check.ratio)).toFixed(4)} of ${checks.length} tensors`,
      );
    for (const check of checks)
      if (!(check.ratio <= 1))
        console.log(`${label} ${check.name}: ratio ${check.ratio.toPrecision(4)}; ${check.note}`);
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      backend: { type: 'string' },
      json: { type: 'string' },
      verbose: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  if (positionals.length === 0) {
    console.error('parity: name at least one folder (--help explains)');
    return 2;
  }
  const { reason } = await useBackend((values.backend ?? 'auto') as BackendName);
  console.log(`backend ${reason}`);
  const adapters = await loadAdapters();
  const results: FolderResult[] = [];
  for (const path of positionals) {
    const result = summarise(path, await runFolder(readGoldenFolder(path), adapters));
    report(result, values.verbose ?? false);
    results.push(result);
  }
  const failed = results.filter((result) => !result.ok && result.known).length;
  const unknown = results.filter((result) => !result.known).length;
  console.log(
    `${results.length - failed - unknown} of ${results.length} folders within bounds${unknown > 0 ? `, ${unknown} not known` : ''}`,
  );
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify(results, (_, v: unknown) => (v === Infinity ? 'Infinity' : v), 1)}\n`);
  return failed > 0 ? 1 : unknown > 0 ? 3 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const usage = error instanceof HourglassError || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS');
  if (!usage) throw error;
  console.error(`parity: ${(error as Error).message}`);
  process.exitCode = 2;
}
