import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { check, folderOf, measure, measureColdStart, type Row, type Settings } from './measure.js';
import { startOurs, startTwin } from './process.js';
import { line, markdown, means, profileTable } from './report.js';
import { root } from './root.js';

const help = `Times our workloads, and their PyTorch twins in the same run where there is a Python with PyTorch.

  npm run bench -- [--only NAME[:CASE]] [--repeats N] [--python COMMAND] [--json FILE] [--markdown FILE] [--profile | --check]

  --only NAME[:CASE]  workloads (and cases) whose names contain this; 'cold start' is one, ':peak memory' a case
  --python COMMAND    a Python that has PyTorch (or set HOURGLASS_PYTHON); without it only our times are printed
  --repeats N         samples of each, in turn (default 7); medians are printed
  --threads N         threads on both sides (default 2)
  --backend NAME      ours (default native)
  --no-memory         leave peak memory out
  --profile           where the time of a step goes, kernel by kernel, instead of timing
  --check             only whether both sides start with the same loss and gradients
  --json, --markdown  write the table there

ratio = PyTorch's figure / ours, the median over pairs: above 1, ours is better.`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    backend: { type: 'string', default: 'native' },
    repeats: { type: 'string', default: '7' },
    python: { type: 'string' },
    threads: { type: 'string', default: '2' },
    memory: { type: 'boolean', default: true },
    profile: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    json: { type: 'string' },
    markdown: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
  allowNegative: true,
});

/** The reference implementations of this project's machine, where they are. */
function defaultPython(): string | null {
  const reference = join(root, '../shared/reference/python');
  return existsSync(reference) ? reference : null;
}

async function main(): Promise<void> {
  if (values.help) return console.log(help);
  const [wanted, only] = (values.only ?? '').split(':') as [string, string?];
  const python = values.python ?? process.env['HOURGLASS_PYTHON'] ?? defaultPython();
  const threads = Number(values.threads);
  const settings: Settings = {
    python,
    backend: values.backend,
    threads,
    repeats: Number(values.repeats),
    memory: values.memory,
    only,
  };
  const coldStart = 'cold start';
  const all = [...readdirSync(new URL('../src/workloads/', import.meta.url)).sort(), coldStart];
  const names = all.filter((name) => (all.includes(wanted) ? name === wanted : name.includes(wanted)));
  if (names.length === 0) throw new Error(`no workload is named like '${wanted}'; there are ${all.join(', ')}`);
  if (values.profile) {
    for (const name of names.filter((name) => name !== coldStart)) await profile(name, settings);
    return;
  }
  if (values.check) {
    for (const name of names.filter((name) => name !== coldStart)) {
      for (const sentence of await check(name, settings)) console.log(sentence);
    }
    return;
  }
  const rows: Row[] = [];
  for (const name of names) {
    const measured = name === coldStart ? [await measureColdStart(settings)] : await measure(name, settings);
    for (const row of measured) console.log(line(row));
    rows.push(...measured);
  }
  for (const { name, ratio } of means(rows))
    console.log(`${`${name}, geometric mean`.padEnd(66)} ratio ${ratio.toFixed(2)}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 1)}\n`);
  if (values.markdown !== undefined)
    writeFileSync(values.markdown, markdown(rows, { peer: await about(python, threads), threads }));
}

async function profile(name: string, { backend, threads, only }: Settings): Promise<void> {
  const ours = await startOurs(folderOf(name), backend, threads);
  const { cases } = ours.about as { cases: string[] };
  for (const step of cases.filter((step) => only === undefined || step.includes(only))) {
    await ours.prepare({ prepare: step, file: null });
    for (let i = 0; i < 3; i++) await ours.time(1);
    console.log(`${name}: ${step}\n${profileTable(await ours.profile())}`);
  }
  ours.stop();
}

async function about(python: string | null, threads: number): Promise<string> {
  if (python === null) return 'no PyTorch here';
  const twin = await startTwin(python, folderOf('sgemm'), threads);
  twin.stop();
  return String(twin.about['ready']);
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
