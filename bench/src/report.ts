import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import type { Row } from './measure.js';
import type { Profile } from './process.js';

const number = (value: number | null, digits = 2): string => (value === null ? '' : value.toFixed(digits));
/** Three digits that count. */
const figure = (value: number | null): string =>
  value === null ? '' : value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

export function line(row: Row): string {
  const peer =
    row.torch === null
      ? ''
      : `  PyTorch ${figure(row.torch).padStart(6)} ${row.unit}  ratio ${number(row.ratio)}${row.variant === null ? '' : `  (${row.variant})`}`;
  return `${`${row.workload}: ${row.case}`.padEnd(44)} ${figure(row.ours).padStart(6)} ${row.unit}${peer}`;
}

const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** Geometric means of the ratios of a workload's cases that end alike (`…: forward`), where there are several. */
export function means(rows: readonly Row[]): Array<{ readonly name: string; readonly ratio: number }> {
  const groups = new Map<string, number[]>();
  for (const { workload, case: name, ratio } of rows) {
    const [, operation] = name.split(': ');
    if (operation === undefined || ratio === null) continue;
    const key = `${workload}: ${operation}`;
    groups.set(key, [...(groups.get(key) ?? []), ratio]);
  }
  return Array.from(groups, ([name, ratios]) => ({ name, ratio: geometricMean(ratios) }));
}

/** The generated page. */
export function markdown(rows: readonly Row[], facts: { readonly peer: string; readonly threads: number }): string {
  const table = [
    '| workload | case | ours | PyTorch | its faster variant | ratio |',
    '|---|---|---:|---:|---|---:|',
    ...rows.map(
      (row) =>
        `| ${row.workload} | ${row.case} | ${figure(row.ours)} ${row.unit} | ${row.torch === null ? '' : `${figure(row.torch)} ${row.unit}`} | ${row.variant ?? ''} | ${number(row.ratio)} |`,
    ),
  ];
  const groups = means(rows);
  const descriptions = new Map(rows.map(({ workload, description }) => [workload, description]));
  return `${[
    '# Speed and memory beside PyTorch',
    '',
    "Made by `npm run bench -- --markdown docs/benchmarks.md`. A ratio is PyTorch's figure ÷ ours: **above 1, ours is better**. Both sides",
    'run in the same minutes, sample by sample in turn, each in its own process; medians of the ratios of pairs. PyTorch is taken at its best:',
    'the fastest of its variants (NCHW or channels last, and so on), inference mode for forwards, fused optimisers, its libraries free to choose',
    'their kernels. Both sides start from the same parameters and inputs; the run fails where losses or gradients differ.',
    '',
    `${machine()}, ${facts.threads} threads on both sides; Node ${process.version}, ${facts.peer}; ${new Date().toISOString().slice(0, 10)}.`,
    '',
    ...table,
    '',
    ...(groups.length === 0
      ? []
      : [
          'Geometric means of the ratios:',
          '',
          '| group | ratio |',
          '|---|---:|',
          ...groups.map(({ name, ratio }) => `| ${name} | ${number(ratio)} |`),
          '',
        ]),
    '## The workloads',
    '',
    ...Array.from(descriptions, ([name, description]) => `- **${name}**: ${description}.`),
    '',
    'Peak memory: resident size of a fresh process that imports, builds and takes five train steps.',
  ].join('\n')}\n`;
}

function machine(): string {
  const [model = 'unknown processor'] = cpus().map((cpu) => cpu.model.trim());
  return `${model}, ${availableParallelism()} cores${vectors()}`;
}

/** The widest vectors that the processor has. */
function vectors(): string {
  try {
    const [, flags = ''] = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
    const widest = [
      ['avx512f', 'AVX-512'],
      ['avx2', 'AVX2'],
    ].find(([flag]) => flags.split(' ').includes(flag!));
    return widest === undefined ? '' : `, ${widest[1]}`;
  } catch {
    return '';
  }
}

export function profileTable({ totalMs, outsideMs, kernels, fallbacks }: Profile): string {
  const row = (name: string, count: string, ms: number, note: string): string =>
    `  ${name.padEnd(34)} ${count.padStart(7)} ${ms.toFixed(2).padStart(9)} ms ${((100 * ms) / totalMs).toFixed(1).padStart(5)} %${note}`;
  const calls = kernels.reduce((sum, { count }) => sum + count, 0);
  return [
    `  one step: ${totalMs.toFixed(2)} ms, ${calls} kernel calls`,
    row('outside of kernels', '', outsideMs, ''),
    ...kernels
      .filter(({ ms }, i) => i < 30 && ms > totalMs / 1000)
      .map(({ name, count, ms }) => row(name, String(count), ms, name in fallbacks ? '  JAVASCRIPT' : '')),
    ...(Object.keys(fallbacks).length === 0
      ? []
      : [
          `  in JavaScript: ${Object.entries(fallbacks)
            .map(([name, count]) => `${name} x${count}`)
            .join(', ')}`,
        ]),
  ].join('\n');
}
