import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount, defaultGenerator, functional, scope, type Generator } from '@hourglass/core';
import { EdgeIndex } from './edge-index.js';

/** What is common to graphs made of positions. */
export interface NeighbourOptions {
  /** Which graph each point belongs to; edges stay within graphs. Default: all to one. */
  readonly batch?: functional.Segments | null;
  /** A point is a neighbour of itself. Default false. */
  readonly loop?: boolean;
}

/**
 * Edges from each point's k nearest neighbours to it, the nearest first; fewer where a graph has fewer points. Positions are
 * compared graph by graph on the device, and the neighbours read back.
 *
 * @param pos float32 [points, dimensions]
 * @returns edges, the caller's to dispose
 */
export function knnGraph(pos: tf.Tensor, k: number, options: NeighbourOptions = {}): EdgeIndex {
  checkCount('knnGraph: k', k);
  const { loop = false } = options;
  return neighbourGraph('knnGraph', pos, options, k, (points) => {
    const count = Math.min(k + (loop ? 0 : 1), points.shape[1]!);
    return functional.knn(points, points, count).indices;
  });
}

/**
 * Edges to each point from those that are nearer than a radius, in their order, at most so many.
 *
 * @param pos float32 [points, dimensions]
 * @param options.maxNeighbours default 32
 * @returns edges, the caller's to dispose
 */
export function radiusGraph(
  pos: tf.Tensor,
  radius: number,
  options: NeighbourOptions & { readonly maxNeighbours?: number } = {},
): EdgeIndex {
  const { loop = false, maxNeighbours = 32 } = options;
  check(Number.isFinite(radius) && radius > 0, () => `radiusGraph: radius must be a positive number, got ${radius}`);
  checkCount('radiusGraph: maxNeighbours', maxNeighbours);
  return neighbourGraph('radiusGraph', pos, options, maxNeighbours, (points) => {
    const count = Math.min(maxNeighbours + (loop ? 0 : 1), points.shape[1]!);
    return functional.ballQuery(points, points, { radius, count, padding: 'missing' });
  });
}

export interface FarthestOptions {
  /** Which graph each point belongs to. Default: all to one. */
  readonly batch?: functional.Segments | null;
  /** The first point of each graph by chance instead of the first in the list. Default true. */
  readonly randomStart?: boolean;
  readonly generator?: Generator;
}

/**
 * A share of each graph's points that lie far from each other: farthest point sampling (Qi et al. 2017, arXiv:1706.02413).
 *
 * @param pos float32 [points, dimensions]
 * @param ratio share, in (0, 1]; rounded up
 * @returns numbers of points, graph by graph in the order in which they were chosen
 */
export function farthestPoints(pos: tf.Tensor, ratio: number, options: FarthestOptions = {}): Int32Array {
  check(ratio > 0 && ratio <= 1, () => `farthestPoints: ratio must be in (0, 1], got ${ratio}`);
  const { batch = null, randomStart = true, generator = defaultGenerator() } = options;
  const chosen: number[][] = [];
  eachSize('farthestPoints', pos, batch, (graphs, members, points) => {
    const size = points.shape[1]!;
    // in float32 as the reference computes it
    const count = Math.ceil(Math.fround(Math.fround(ratio) * size));
    const start = graphs.map(() => (randomStart ? generator.integer(0, size) : 0));
    const indices = functional.farthestPointSample(points, count, { start }).dataSync();
    graphs.forEach((graph, i) => {
      chosen[graph] = Array.from(indices.subarray(i * count, (i + 1) * count), (index) => members[i]![index]!);
    });
  });
  return Int32Array.from(chosen.flat());
}

/** Edges to each point from those that `find` lists: [graphs, points, count] for points [graphs, points, dimensions], -1 for none. */
function neighbourGraph(
  what: string,
  pos: tf.Tensor,
  { batch = null, loop = false }: NeighbourOptions,
  most: number,
  find: (points: tf.Tensor) => tf.Tensor,
): EdgeIndex {
  const lists: number[][] = Array.from({ length: pos.shape[0] ?? 0 }, () => []);
  eachSize(what, pos, batch, (graphs, members, points) => {
    const found = find(points);
    const [, size, count] = found.shape as [number, number, number];
    const indices = found.dataSync();
    for (let i = 0; i < graphs.length; i++) {
      for (let point = 0; point < size; point++) {
        const list = lists[members[i]![point]!]!;
        const from = (i * size + point) * count;
        for (const index of indices.subarray(from, from + count)) {
          if (index !== -1 && (loop || index !== point) && list.length < most) list.push(members[i]![index]!);
        }
      }
    }
  });
  const destination = lists.flatMap((list, point) => list.map(() => point));
  return new EdgeIndex([lists.flat(), destination], lists.length);
}

/** Runs `fn` on the graphs of each size at once: their numbers, their points' numbers and positions [graphs, points, dimensions]. */
function eachSize(
  what: string,
  pos: tf.Tensor,
  batch: functional.Segments | null,
  fn: (graphs: readonly number[], members: readonly Int32Array[], points: tf.Tensor) => void,
): void {
  check(
    pos.rank === 2 && (batch === null || pos.shape[0] === batch.count),
    () => `${what} takes positions [${batch?.count ?? 'points'}, dimensions], got [${pos.shape.join(', ')}]`,
  );
  const [points, dimensions] = pos.shape as [number, number];
  const pointer = batch?.values.pointer ?? Int32Array.of(0, points);
  const order = batch?.values.order ?? Int32Array.from({ length: points }, (_, i) => i);
  const bySize = new Map<number, number[]>();
  for (let graph = 0; graph + 1 < pointer.length; graph++) {
    const size = pointer[graph + 1]! - pointer[graph]!;
    if (size > 0) bySize.set(size, [...(bySize.get(size) ?? []), graph]);
  }
  for (const [size, graphs] of bySize) {
    const members = graphs.map((graph) => order.subarray(pointer[graph]!, pointer[graph + 1]!));
    scope(() => {
      const rows = members.flatMap((list) => [...list]);
      fn(graphs, members, tf.reshape(tf.gather(pos, rows), [graphs.length, size, dimensions]));
    });
  }
}
