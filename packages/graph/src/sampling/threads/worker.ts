import { parentPort, workerData } from 'node:worker_threads';
import { Generator } from '@hourglass/core/random';
import { NeighborSampler } from '../neighbor-sampler.js';
import type { Reply, Request, ThreadData } from './types.js';

/*
 * The program of a thread that samples. It imports no tensors, so that a thread costs a few megabytes.
 */
const { lists, options } = workerData as ThreadData;
const sampler = new NeighborSampler(lists, options);
const generator = new Generator();

parentPort!.on('message', ({ id, seeds, state }: Request) => {
  try {
    generator.state = state;
    const subgraph = sampler.sample(seeds, generator);
    const { nodes, source, destination, edges } = subgraph;
    const arrays = [nodes, source, destination, edges].map(({ buffer }) => buffer as ArrayBuffer);
    parentPort!.postMessage({ id, subgraph } satisfies Reply, arrays);
  } catch (error) {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    parentPort!.postMessage({ id, error: (error as Error).message } satisfies Reply);
  }
});
