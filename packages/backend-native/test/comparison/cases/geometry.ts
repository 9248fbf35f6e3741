import type * as tf from '@tensorflow/tfjs-core';
import { kernels } from '@hourglass/core';
import { close, exact, sumOf, type Case, type Draw, type Given, type Tensors } from '../case.js';

interface Referenced {
  readonly kernelName: string;
  readonly reference: (inputs: never, attrs: never) => readonly tf.Tensor[];
}

function of(
  { kernelName, reference }: Referenced,
  inputs: Readonly<Record<string, Given>>,
  attrs: object,
  tolerance = exact,
): Case {
  const oracle = (tensors: Tensors): readonly tf.Tensor[] => reference(tensors as never, attrs as never);
  return { kernel: kernelName, inputs, attrs, tolerance, oracle };
}

/**
 * Searches among points, on whole numbers: there distances are exact and many of them equal; distances, and statistics of codes. In all
 * sizes about those of vectors, blocks and chunks.
 */
export default function* (draw: Draw): Iterable<Case> {
  for (const [batch, points, candidates, dimensions] of [
    [1, 1, 1, 1],
    [2, 0, 3, 2],
    [3, 5, 33, 2],
    [2, 17, 300, 3],
    [1, 130, 600, 3],
    [2, 9, 40, 7],
    [1, 30, 64, 19],
  ] as const) {
    const [a, b] = [draw.lattice([batch, points, dimensions]), draw.lattice([batch, candidates, dimensions])];
    yield of(kernels.NearestPoints, { a, b }, {});
    const count = draw.integer(1, candidates + 1);
    for (const k of new Set([1, Math.min(7, candidates), count]))
      yield of(kernels.NearestNeighbours, { a, b }, { count: k });
    for (const radius of [1, 3, 6.5]) {
      const attrs = { radius, count: draw.integer(1, 40), repeat: draw.chance(0.5) };
      yield of(kernels.BallQuery, { centres: a, points: b }, attrs);
    }
    const start = draw.given([batch], 'int32', [0, candidates]);
    yield of(kernels.FarthestPoints, { x: b, start }, { count });
    const [x, codebook] = [draw.lattice([batch * points, dimensions]), draw.lattice([candidates, dimensions], [-2, 3])];
    yield of(kernels.NearestCodes, { x, codebook }, {});
    const pairs = {
      a: draw.given([batch, points, dimensions]),
      b: draw.given([batch, candidates, dimensions]),
      indices: draw.given([batch, points, 5], 'int32', [0, candidates]),
    };
    yield of(kernels.NeighbourDistances, pairs, {}, sumOf(dimensions, 64));
    const dy = draw.given([batch, points, 5]);
    yield of(kernels.NeighbourDistancesGradient, { ...pairs, dy }, {}, sumOf(5 * points, 32));
  }
  // rounds of farthest points by several threads
  yield of(
    kernels.FarthestPoints,
    { x: draw.lattice([1, 40_000, 3], [-50, 50]), start: draw.given([1], 'int32', [0, 40_000]) },
    { count: 4 },
  );
  // gradients of candidates by several threads
  const [a, b] = [draw.given([1, 6000, 3]), draw.given([1, 2000, 3])];
  const [indices, dy] = [draw.given([1, 6000, 2], 'int32', [0, 2000]), draw.given([1, 6000, 2])];
  yield of(kernels.NeighbourDistancesGradient, { a, b, indices, dy }, {}, sumOf(20, 32));
  for (const [rows, codes, width] of [
    [700, 100, 65],
    [15, 1030, 9],
  ] as const) {
    yield of(kernels.NearestCodes, { x: draw.lattice([rows, width]), codebook: draw.lattice([codes, width]) }, {});
  }
  for (const [rows, width, size] of [
    [1, 1, 1],
    [0, 3, 2],
    [1000, 5, 7],
    [3000, 40, 900],
  ] as const) {
    const inputs = { x: draw.given([rows, width]), codes: draw.given([rows], 'int32', [-1, size + 1]) };
    yield of(kernels.CodeStatistics, inputs, { size }, rows > 100 ? sumOf(rows, 4) : close);
  }
}
