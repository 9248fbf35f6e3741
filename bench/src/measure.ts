import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rmSync } from 'node:fs';
import { coldStartOfOurs, coldStartOfTwin, startOurs, startTwin, type Peer } from './process.js';
import type { Start, Work } from './workload.js';

/** One line of the table. A ratio is PyTorch's figure over ours: above 1, ours is better. */
export interface Row {
  readonly workload: string;
  readonly case: string;
  readonly description: string;
  readonly unit: 'ms' | 'MB';
  readonly ours: number;
  readonly torch: number | null;
  /** Which variant of the twin was the fastest. */
  readonly variant: string | null;
  readonly ratio: number | null;
  readonly work?: Work | null;
}

export interface Settings {
  readonly python: string | null;
  readonly backend: string;
  /** Where PyTorch computes. */
  readonly device?: 'cpu' | 'cuda';
  readonly threads: number;
  readonly repeats: number;
  readonly memory: boolean;
  /** Only cases whose name contains this. */
  readonly only?: string | undefined;
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** A sample shorter than this is repeated, so that asking for it does not count. */
const shortestSample = 20;
/** Threads that wait for work spin a while: until the other side's have gone to sleep. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 15));

/** A name alone is that of a folder in `workloads/`. */
export const folderOf = (workload: string): string => (workload.includes('/') ? workload : `workloads/${workload}`);

/** Ours and the twin of a workload, and the file that they start from. */
interface Pair {
  readonly ours: Peer;
  readonly twin: Peer | null;
  readonly file: string;
  readonly cases: readonly string[];
  readonly description: string;
}

async function withPair<T>(workload: string, settings: Settings, use: (pair: Pair) => Promise<T>): Promise<T> {
  const file = join(tmpdir(), `hourglass-bench-${process.pid}.safetensors`);
  const folder = folderOf(workload);
  const ours = await startOurs(folder, settings.backend, settings.threads);
  let twin: Peer | null = null;
  try {
    if (settings.python !== null) twin = await startTwin(settings.python, folder, settings.threads, settings.device);
    const { cases, description } = ours.about as { cases: string[]; description: string };
    const all = settings.memory && cases.includes(trainStep) ? [...cases, peakMemory] : cases;
    const chosen = all.filter((name) => settings.only === undefined || name.includes(settings.only));
    return await use({ ours, twin, file, cases: chosen, description });
  } finally {
    ours.stop();
    twin?.stop();
    rmSync(file, { force: true });
  }
}

const trainStep = 'train step';
const peakMemory = 'peak memory';

/** Measures every case of a workload beside its twin. */
export function measure(workload: string, settings: Settings): Promise<Row[]> {
  return withPair(workload, settings, async (pair) => {
    const rows: Row[] = [];
    for (const name of pair.cases) {
      const figures =
        name === peakMemory
          ? await comparePeaks(workload, pair, rows.find((row) => row.case === trainStep)?.variant, settings)
          : await timeCase(workload, name, pair, settings);
      rows.push({ workload, case: name, description: pair.description, ...figures });
    }
    return rows;
  });
}

/** Compares where both sides start, without timing; a sentence a variant. @throws Error where they differ. */
export function check(workload: string, settings: Settings): Promise<string[]> {
  return withPair(workload, settings, async (pair) => {
    const sentences: string[] = [];
    for (const name of pair.cases.filter((name) => name !== peakMemory)) {
      const { starts, variants } = await prepareBoth(workload, name, pair);
      for (const variant of variants) {
        const start = starts[0];
        const found =
          start == null ? 'nothing to compare' : `loss ${start.loss}, norm of the gradients ${start.gradientNorm}`;
        sentences.push(`${workload}: ${name}: ${variant}: ${found}`);
      }
    }
    return sentences;
  });
}

async function prepareBoth(
  workload: string,
  name: string,
  { ours, twin, file }: Pair,
): Promise<{
  readonly starts: ReadonlyArray<Start | null>;
  readonly variants: readonly string[];
  readonly work: Work | null;
}> {
  const { starts, work = null } = await ours.prepare({ prepare: name, file: twin === null ? null : file });
  if (twin === null) return { starts, variants: [], work };
  const { variants, starts: theirs } = await twin.prepare({ prepare: name, file, check: true });
  theirs.forEach((start, i) => compareStarts(starts[0] ?? null, start, `${workload}, ${name}, ${variants[i]}`));
  return { starts, variants, work };
}

async function timeCase(
  workload: string,
  name: string,
  pair: Pair,
  { repeats }: Settings,
): Promise<Pick<Row, 'unit' | 'ours' | 'torch' | 'variant' | 'ratio' | 'work'>> {
  const { ours, twin } = pair;
  const { variants, work } = await prepareBoth(workload, name, pair);
  for (let i = 0; i < 2; i++) await ours.time(1);
  const repetitions = Math.max(1, Math.ceil(shortestSample / (await ours.time(1))));
  for (const i of variants.keys()) for (let j = 0; j < 3; j++) await twin!.time(1, i);

  const [mine, others]: [number[], number[][]] = [[], variants.map(() => [])];
  for (let i = 0; i < repeats; i++) {
    await settle();
    mine.push(await ours.time(repetitions));
    for (const variant of variants.keys()) {
      await settle();
      others[variant]!.push(await twin!.time(repetitions, variant));
    }
  }
  const medians = others.map(median);
  const best = medians.indexOf(Math.min(...medians));
  return {
    work,
    unit: 'ms',
    ours: median(mine),
    torch: medians[best] ?? null,
    variant: variants[best] ?? null,
    ratio: best < 0 ? null : median(others[best]!.map((ms, i) => ms / mine[i]!)),
  };
}

/** @throws Error where two sides that start from the same tensors do not compute the same. */
function compareStarts(ours: Start | null, theirs: Start | null, where: string): void {
  if (ours === null || theirs === null) return;
  for (const key of ['loss', 'gradientNorm'] as const) {
    const [a, b] = [ours[key], theirs[key]];
    if (!(Math.abs(a - b) <= 2e-3 * Math.abs(b))) {
      throw new Error(`${where}: ${key} is ${a} here and ${b} in PyTorch: the two sides do not compute the same`);
    }
  }
}

/**
 * Peak resident memory of fresh processes that import, build and take five train steps.
 * @param variant of the twin: the fastest, where it was timed; otherwise the one that takes least counts
 */
async function comparePeaks(
  workload: string,
  pair: Pair,
  variant: string | null | undefined,
  { python, backend, threads }: Settings,
): Promise<Pick<Row, 'unit' | 'ours' | 'torch' | 'variant' | 'ratio'>> {
  const megabytes = async (peer: Peer, request: { file: string | null; only?: string }): Promise<number> => {
    try {
      await peer.prepare({ prepare: trainStep, ...request });
      await peer.time(5);
      return (await peer.peakBytes()) / 1e6;
    } finally {
      peer.stop();
    }
  };
  const ours = await megabytes(await startOurs(folderOf(workload), backend, threads), { file: null });
  if (python === null) return { unit: 'MB', ours, torch: null, variant: null, ratio: null };
  const variants = variant == null ? (await prepareBoth(workload, trainStep, pair)).variants : [variant];
  let [torch, least] = [Infinity, ''];
  for (const only of variants) {
    const peak = await megabytes(await startTwin(python, folderOf(workload), threads), { file: pair.file, only });
    if (peak < torch) [torch, least] = [peak, only];
  }
  return { unit: 'MB', ours, torch, variant: least, ratio: torch / ours };
}

/** From the start of the program to its first result; whole processes in turn. */
export async function measureColdStart({ python, threads, repeats }: Settings): Promise<Row> {
  const [ours, torch]: [number[], number[]] = [[], []];
  for (let i = 0; i <= repeats; i++) {
    ours.push(await coldStartOfOurs(threads));
    if (python !== null) torch.push(await coldStartOfTwin(python, threads));
  }
  // the first of each reads from disk
  const [mine, others] = [ours.slice(1), torch.slice(1)];
  return {
    workload: 'cold start',
    case: 'first result',
    description: 'a fresh process: import, choose the backend, one 64 x 64 product, print',
    unit: 'ms',
    ours: median(mine),
    torch: python === null ? null : median(others),
    variant: null,
    ratio: python === null ? null : median(others.map((ms, i) => ms / mine[i]!)),
  };
}
