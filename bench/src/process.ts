import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { root } from './root.js';
import type { Start, Work } from './workload.js';

/** Ours or the twin in a process of its own, which measures when asked. */
export interface Peer {
  /** What it says of itself when it has started. */
  readonly about: Readonly<Record<string, unknown>>;
  prepare(request: {
    readonly prepare: string;
    /** Where the tensors that both sides start from are written and read. */
    readonly file: string | null;
    /** Of the twin: this variant alone. */
    readonly only?: string;
    /** Say where the computation starts. */
    readonly check?: boolean;
  }): Promise<{
    readonly variants: string[];
    readonly starts: ReadonlyArray<Start | null>;
    readonly work?: Work | null;
  }>;
  /** Milliseconds of one step, the mean of `repetitions` in a row. */
  time(repetitions: number, variant?: number): Promise<number>;
  peakBytes(): Promise<number>;
  /** Of ours alone. */
  profile(): Promise<Profile>;
  stop(): void;
}

/** Where the time of one step goes. */
export interface Profile {
  readonly totalMs: number;
  /** Outside of kernels: JavaScript around them, the tape, garbage collection. */
  readonly outsideMs: number;
  readonly kernels: ReadonlyArray<{ readonly name: string; readonly count: number; readonly ms: number }>;
  /** Kernels that ran in JavaScript, and how often. */
  readonly fallbacks: Readonly<Record<string, number>>;
}

const relative = (url: URL): string => fileURLToPath(url).slice(root.length);
/** The Python files are not compiled: they stay in `src` also when this file runs from `dist`. */
const source = new URL('../src/', import.meta.url);

/** The command's environment; PyTorch chooses its libraries' kernels and how its threads wait by itself. */
export function environment(threads: number): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(OPENBLAS|OMP|GOMP|KMP|MKL)_/.test(name));
  return { ...Object.fromEntries(own), HOURGLASS_THREADS: String(threads) };
}

/** @param workload its folder, from here */
export function startOurs(workload: string, backend: string, threads: number): Promise<Peer> {
  const child = fileURLToPath(new URL(`./child${import.meta.url.slice(-3)}`, import.meta.url));
  return start(process.execPath, [...process.execArgv, child, workload, backend], threads);
}

/** @param device where PyTorch computes */
export function startTwin(
  python: string,
  workload: string,
  threads: number,
  device: 'cpu' | 'cuda' = 'cpu',
): Promise<Peer> {
  const [peer, twin] = [new URL('python/peer.py', source), new URL(`${workload}/twin.py`, source)];
  return start(python, [relative(peer), relative(twin), String(threads), device], threads);
}

/** Milliseconds from the start of a program to its first line. */
export async function timeToFirstLine(command: string, args: readonly string[], threads: number): Promise<number> {
  const from = performance.now();
  const child = spawn(command, args, { cwd: root, env: environment(threads), stdio: ['ignore', 'pipe', 'pipe'] });
  await lineReader(child, command)();
  const ms = performance.now() - from;
  if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
  return ms;
}

export const coldStartOfOurs = (threads: number): Promise<number> => {
  const script = fileURLToPath(new URL(`./cold-start${import.meta.url.slice(-3)}`, import.meta.url));
  return timeToFirstLine(process.execPath, [...process.execArgv, script], threads);
};

export const coldStartOfTwin = (python: string, threads: number): Promise<number> =>
  timeToFirstLine(python, [relative(new URL('python/cold_start.py', source))], threads);

function lineReader(child: ChildProcess, command: string): () => Promise<string> {
  let complaint = '';
  child.stderr!.on('data', (data: Buffer) => (complaint = (complaint + data.toString()).slice(-3000)));
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  return async () => {
    const { value, done } = await Promise.race([lines.next(), failed]);
    if (done === true) throw new Error(`${command} ended early: ${complaint.trim()}`);
    return value as string;
  };
}

async function start(command: string, args: readonly string[], threads: number): Promise<Peer> {
  const child = spawn(command, args, { cwd: root, env: environment(threads), stdio: ['pipe', 'pipe', 'pipe'] });
  const next = lineReader(child, command);
  const ask = async <T>(request: object): Promise<T> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    return JSON.parse(await next()) as T;
  };
  return {
    about: JSON.parse(await next()) as Record<string, unknown>,
    prepare: (request) => ask(request),
    time: async (repetitions, variant = 0) => (await ask<{ ms: number }>({ time: repetitions, variant })).ms,
    peakBytes: async () => (await ask<{ bytes: number }>({ memory: true })).bytes,
    profile: () => ask({ profile: true }),
    stop: () => void child.stdin.end(),
  };
}
