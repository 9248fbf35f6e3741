import { check, defaultGenerator, type Generator } from '@hourglass/core';
import { maskOf } from '../checks.js';
import type { GraphData } from '../graph.js';

export interface RandomNodeSplitOptions {
  /** Training nodes of each class; the rest of the labelled nodes is left for `val` and `test`. Default: all that those leave. */
  readonly trainPerClass?: number;
  /** A number of nodes, or a share below 1. Default 0.1. */
  readonly val?: number;
  /** A number of nodes, or a share below 1. Default 0.2. */
  readonly test?: number;
  readonly generator?: Generator;
}

/**
 * Masks for training, validation and test, drawn among the nodes that have a class (or a target). With `trainPerClass: 20, val: 500,
 * test: 1000` it is how the splits of the citation graphs were drawn.
 *
 * @throws InvalidArgumentError when there are too few nodes
 */
export function randomNodeSplit(graph: GraphData, options: RandomNodeSplitOptions = {}): GraphData {
  const { trainPerClass, val = 0.1, test = 0.2, generator = defaultGenerator() } = options;
  const { y, numNodes } = graph;
  check(graph.yOf === 'nodes', 'randomNodeSplit: the label is of the graph, not of its nodes');
  const classes = y instanceof Int32Array ? y : null;
  const order = Array.from(generator.permutation(numNodes)).filter((node) => classes === null || classes[node]! >= 0);
  const train: number[] = [];
  let rest = order;
  if (trainPerClass !== undefined) {
    check(classes !== null, 'randomNodeSplit: trainPerClass needs classes');
    const left = new Int32Array(graph.numClasses).fill(trainPerClass);
    rest = order.filter((node) => {
      if (left[classes[node]!]! <= 0) return true;
      left[classes[node]!]!--;
      train.push(node);
      return false;
    });
    const short = left.findIndex((count) => count > 0);
    check(
      short < 0,
      () => `randomNodeSplit: class ${short} has ${trainPerClass - left[short]!} nodes, not ${trainPerClass}`,
    );
  }
  const count = (what: string, given: number): number => {
    const number = given < 1 ? Math.floor(given * order.length) : given;
    check(
      Number.isInteger(number) && number >= 0,
      () => `randomNodeSplit: ${what} is ${given}, no number and no share`,
    );
    return number;
  };
  const [vals, tests] = [count('val', val), count('test', test)];
  check(
    vals + tests <= rest.length,
    () => `randomNodeSplit: ${vals} + ${tests} nodes are asked for, ${rest.length} are left`,
  );
  if (trainPerClass === undefined) train.push(...rest.slice(vals + tests));
  return graph.with({
    trainMask: maskOf(train, numNodes),
    valMask: maskOf(rest.slice(0, vals), numNodes),
    testMask: maskOf(rest.slice(vals, vals + tests), numNodes),
  });
}
