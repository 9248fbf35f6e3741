import { isSoftwareAdapter } from '@hourglass/core';
import type { Row } from '../measure.js';

export interface Adapter {
  readonly name: string;
  readonly isSoftware: boolean;
}

/** What the adapter reaches at best, a second. */
export interface Rates {
  readonly flops: number;
  readonly bytes: number;
}

export function adapterOf(backend: object): Adapter {
  const { adapterName } = backend as { adapterName: string };
  return { name: adapterName, isSoftware: isSoftwareAdapter(adapterName) };
}

/** Work a second and its share of the adapter's best; empty where the work is not known. */
function rate({ work, ours }: Row, rates: Rates | null): string[] {
  const [kind, amount] =
    work?.flops !== undefined ? (['flops', work.flops] as const) : (['bytes', work?.bytes] as const);
  if (amount === undefined) return ['', ''];
  const perSecond = amount / (ours / 1e3);
  const share = rates === null ? '' : `${((100 * perSecond) / rates[kind]).toFixed(0)} %`;
  return [`${(perSecond / 1e9).toFixed(1)} ${kind === 'flops' ? 'GFLOP/s' : 'GB/s'}`, share];
}

const nameOf = ({ workload, case: step }: Row): string => `${workload.split('/').at(-1)}: ${step}`;

export function gpuLine(row: Row, rates: Rates | null): string {
  const [speed, share] = rate(row, rates) as [string, string];
  const peer = row.torch === null ? '' : `  PyTorch ${row.torch.toFixed(2)} ms  ratio ${row.ratio!.toFixed(2)}`;
  return `${nameOf(row).padEnd(40)} ${row.ours.toFixed(2).padStart(9)} ms ${speed.padStart(16)} ${share.padStart(6)}${peer}`;
}

export function gpuMarkdown(adapter: Adapter, rates: Rates, rows: readonly Row[], withPeer: boolean): string {
  const peer = withPeer ? ' PyTorch on CUDA |  ratio |' : '';
  const lines = rows.map((row) => {
    const [speed, share] = rate(row, rates) as [string, string];
    const theirs = withPeer ? ` ${row.torch?.toFixed(2) ?? ''} ms | ${row.ratio?.toFixed(2) ?? ''} |` : '';
    return `| ${nameOf(row)} | ${row.description} | ${row.ours.toFixed(2)} ms | ${speed} | ${share} |${theirs}`;
  });
  return [
    '# Kernels on the GPU',
    '',
    'Written by `npm run bench:gpu -- --markdown FILE`.',
    '',
    `Adapter: ${adapter.name}${adapter.isSoftware ? ', which computes on the processor: its times say nothing about GPUs' : ''}. ` +
      `Copy ${(rates.bytes / 1e9).toFixed(1)} GB/s, matrix product ${(rates.flops / 1e9).toFixed(0)} GFLOP/s.`,
    '',
    `| what | sizes | time | speed | share of the adapter's best |${peer}`,
    `|---|---|---:|---:|---:|${withPeer ? '---:|---:|' : ''}`,
    ...lines,
    '',
  ].join('\n');
}
