import { check } from '@hourglass/core';
import type { GraphData } from '../../data/graph.js';
import type { DenseRows } from '../../data/rows.js';

/** Many graphs, each with a label, and the folds that were published with them. */
export interface GraphCollection {
  readonly graphs: readonly GraphData[];
  /** The graphs of each test fold; null where there are none. */
  readonly testFolds: readonly Int32Array[] | null;
}

/** Most numbers that one-hot features may need. */
const mostNumbers = 2 ** 28;

/** @throws InvalidArgumentError when the table would be huge */
export function checkOneHot(what: string, rows: number, width: number): void {
  check(
    rows * width <= mostNumbers,
    () => `${what}: ${width} kinds for ${rows} rows make too large a table; renumber them from 0`,
  );
}

/**
 * A file may describe few edges of a great many nodes, which then take memory that nothing in it accounts for.
 *
 * @param described edges, labels or rows that the file lists
 * @throws InvalidArgumentError when nearly all nodes are in none of them
 */
export function checkPlausible(numNodes: number, described: number): void {
  check(
    numNodes <= 1000 + 100 * described,
    () =>
      `there would be ${numNodes} nodes, though only ${described} edges or labels are listed; ` +
      "number the nodes 0, 1, 2, …, or read their ids as names (ids: 'names')",
  );
}

/** A row for each number, 1 in its column. @throws InvalidArgumentError for a number that is no column */
export function oneHotRows(what: string, numbers: ArrayLike<number>, width: number): DenseRows {
  checkOneHot(what, numbers.length, width);
  const values = new Float32Array(numbers.length * width);
  for (let i = 0; i < numbers.length; i++) {
    const column = numbers[i]!;
    check(
      Number.isInteger(column) && column >= 0 && column < width,
      () => `${what}: number ${i} is ${column}; it must be a whole number in [0, ${width})`,
    );
    values[i * width + column] = 1;
  }
  return { width, values };
}
