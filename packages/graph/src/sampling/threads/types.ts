import type { GeneratorState } from '@hourglass/core/random';
import type { NeighborLists } from '../neighbor-lists.js';
import type { SampledSubgraph, SamplerOptions } from '../neighbor-sampler.js';

/** What a thread begins with. */
export interface ThreadData {
  readonly lists: NeighborLists;
  readonly options: SamplerOptions;
}

/** A subgraph that is asked of a thread. */
export interface Request {
  readonly id: number;
  readonly seeds: Int32Array;
  /** Where the thread's generator starts. */
  readonly state: GeneratorState;
}

export type Reply =
  | { readonly id: number; readonly subgraph: SampledSubgraph }
  | { readonly id: number; readonly error: string };

/** Draws subgraphs, here or elsewhere. */
export interface Sampling {
  sample(seeds: Int32Array, state: GeneratorState): Promise<SampledSubgraph>;
  close(): Promise<void>;
}
