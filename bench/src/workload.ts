import type { StoredTensor } from '@hourglass/core';

/** Where a computation starts; both sides must agree on it. */
export interface Start {
  /** The loss without dropout. */
  readonly loss: number;
  /** Euclidean norm of all gradients of that loss together. */
  readonly gradientNorm: number;
}

/** What one repetition does at least, to tell how close to the machine's limits it comes. */
export interface Work {
  /** Floating-point operations. */
  readonly flops?: number;
  /** Bytes read and written, each input and output once. */
  readonly bytes?: number;
}

/** A case ready to be timed. */
export interface Prepared {
  /** One repetition, finished when it returns, or when its promise is kept. */
  step(): void | Promise<void>;
  dispose(): void;
  /** Parameters and inputs for the twin to start from, in the reference's layout. Without them it makes its own. */
  tensors?(): Map<string, StoredTensor>;
  start?(): Start;
  readonly work?: Work;
}

export interface Case {
  prepare(): Prepared;
}

/** Each folder of `workloads/` has an `ours.ts` that exports one as `workload`, and a PyTorch twin with the same cases, `twin.py`. */
export interface Workload {
  /** What it is, with its sizes. */
  readonly description: string;
  readonly cases: Readonly<Record<string, Case>>;
}
