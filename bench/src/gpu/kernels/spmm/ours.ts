import { functional, Generator } from '@hourglass/core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const [nodes, edges, width] = size === 'full' ? [100_000, 1_000_000, 128] : [500, 3000, 16];
  const generator = new Generator(1);
  const ends = (): Int32Array => Int32Array.from({ length: edges! }, () => generator.integer(0, nodes!));
  const adjacency = new functional.Adjacency({ source: ends(), destination: ends(), sources: nodes! });
  return {
    description: `product of a sparse matrix of ${edges} places with ${nodes} rows of ${width}`,
    inputs: [normal(nodes!, width!)],
    run: (x) => functional.spmm(adjacency, null, x!),
    differentiate: [0],
    work: { bytes: 4 * width! * (edges! + nodes!) },
    trainWork: { bytes: 8 * width! * (edges! + nodes!) },
  };
});
