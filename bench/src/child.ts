/**
 * Runs one workload in a process of its own: a JSON object a line in, one a line out, the same protocol as python/peer.py.
 *
 *   { prepare: case, file: path | null }  ->  { variants: [name], starts: [Start | null], work: Work | null }
 *   { time: repetitions, variant: 0 }     ->  { ms: per repetition }
 *   { memory: true }                      ->  { bytes: peak resident size }
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import * as tf from '@tensorflow/tfjs-core';
import { serializeSafetensors, useBackend, type BackendName } from '@hourglass/core';
import { profiled } from './profile.js';
import type { Prepared, Workload } from './workload.js';

interface Request {
  readonly prepare?: string;
  readonly file?: string | null;
  readonly time?: number;
  readonly memory?: boolean;
  readonly profile?: boolean;
}

const [name, backend] = process.argv.slice(2) as [string, BackendName | 'auto'];
await useBackend(backend);
const { workload } = (await import(new URL(`./${name}/ours.js`, import.meta.url).href)) as {
  workload: Workload;
};
let prepared: Prepared | null = null;

async function answer(request: Request): Promise<unknown> {
  if (request.prepare !== undefined) {
    prepared?.dispose();
    prepared = workload.cases[request.prepare]!.prepare();
    const start = request.file == null ? null : (prepared.start?.() ?? null);
    const tensors = prepared.tensors?.();
    if (request.file != null && tensors !== undefined) writeFileSync(request.file, serializeSafetensors(tensors));
    return { variants: [backend], starts: [start], work: prepared.work ?? null };
  }
  if (request.memory === true) return { bytes: peakBytes() };
  if (request.profile === true) return profiled(() => void prepared!.step());
  const from = performance.now();
  for (let i = 0; i < request.time!; i++) {
    const finished = prepared!.step();
    if (finished !== undefined) await finished;
  }
  finish();
  return { ms: (performance.now() - from) / request.time! };
}

/** Waits until all that was begun is done: a GPU computes behind our back, and answers questions in their order. */
function finish(): void {
  if (tf.getBackend() === 'webgpu') tf.tidy(() => tf.neg(tf.scalar(1)).dataSync());
}

/** Of this process since it began; getrusage would count what its parent was when it started. */
function peakBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kilobytes] = /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))!;
  return Number(kilobytes) * 1024;
}

const say = (message: unknown): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
say({ ready: `Node ${process.version}`, cases: Object.keys(workload.cases), description: workload.description });
for await (const line of createInterface({ input: process.stdin })) say(await answer(JSON.parse(line) as Request));
