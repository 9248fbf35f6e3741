import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { HourglassError } from '@hourglass/core';
import type { GeneratorState } from '@hourglass/core/random';
import type { SampledSubgraph } from '../neighbor-sampler.js';
import type { Reply, Request, Sampling, ThreadData } from './types.js';

/** How many threads are worth having here: one core is left to training. */
export function threadsHere(): number {
  return Math.min(4, Math.max(1, availableParallelism() - 1));
}

/** Threads that share the graph's arrays. They keep no program alive while they have nothing to do. */
export function startThreads(count: number, data: ThreadData): Sampling | null {
  return new Threads(count, data);
}

function startWorker(workerData: ThreadData): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./worker.js', import.meta.url), { workerData });
  // from TypeScript's sources, as in this repository's tests, a thread first needs what compiles them
  const manifest = pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json'));
  const tsx = new URL('./dist/esm/api/index.mjs', manifest);
  const program = new URL('./worker.ts', import.meta.url);
  return new Worker(`import('${tsx}').then(({ register }) => register()).then(() => import('${program}'))`, {
    eval: true,
    workerData,
    execArgv: ['--conditions=@hourglass/source'],
  });
}

interface Waiting {
  readonly thread: Thread;
  readonly resolve: (subgraph: SampledSubgraph) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  busy: number;
}

class Threads implements Sampling {
  readonly #threads: Thread[] = [];
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #failure: Error | null = null;

  constructor(count: number, data: ThreadData) {
    for (let i = 0; i < count; i++) this.#threads.push(this.#start(data));
  }

  sample(seeds: Int32Array, state: GeneratorState): Promise<SampledSubgraph> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const thread = this.#threads.reduce((least, other) => (other.busy < least.busy ? other : least));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { thread, resolve, reject });
      if (thread.busy++ === 0) thread.worker.ref();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
      thread.worker.postMessage({ id, seeds, state } satisfies Request);
    });
  }

  async close(): Promise<void> {
    this.#fail(new HourglassError('the sampler was closed'));
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #start(data: ThreadData): Thread {
    const worker = startWorker(data);
    worker.unref();
    worker.on('message', (reply: Reply) => this.#answer(reply));
    worker.on('error', (cause: Error) =>
      this.#fail(new HourglassError(`a thread that samples has failed: ${cause.message}`, { cause })),
    );
    worker.on('exit', (code) => this.#fail(new HourglassError(`a thread that samples has ended (exit code ${code})`)));
    return { worker, busy: 0 };
  }

  #answer(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    this.#waiting.delete(reply.id);
    if (--waiting.thread.busy === 0) waiting.thread.worker.unref();
    if ('error' in reply) waiting.reject(new HourglassError(`sampling failed: ${reply.error}`));
    else waiting.resolve(reply.subgraph);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
