import { linearAssignment } from '../clustering/linear-assignment.js';
import { check } from '../errors.js';
import { checkSameSize, numbersOf, type MetricValues } from './values.js';

/*
 * How well clusters agree with classes; both are whole numbers from 0 on, whose names do not matter.
 */

/** [clusters][classes]: how many are in both. */
function contingency(predictions: MetricValues, targets: MetricValues): number[][] {
  const [p, t] = [numbersOf(predictions), numbersOf(targets)];
  checkSameSize('a clustering metric', p, t);
  check(t.length > 0, 'a clustering metric needs at least one element');
  const sizeOf = (labels: ArrayLike<number>): number => {
    let largest = 0;
    for (let i = 0; i < labels.length; i++) {
      check(Number.isInteger(labels[i]) && labels[i]! >= 0, () => `label ${i} is ${labels[i]}; labels count from 0`);
      largest = Math.max(largest, labels[i]!);
    }
    return largest + 1;
  };
  const [rows, columns] = [sizeOf(p), sizeOf(t)];
  const table = Array.from({ length: rows }, () => Array.from({ length: columns }, () => 0));
  for (let i = 0; i < t.length; i++) table[p[i]!]![t[i]!]!++;
  return table;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const rowSums = (table: readonly number[][]): number[] => table.map(sum);
const columnSums = (table: readonly number[][]): number[] => table[0]!.map((_, c) => sum(table.map((row) => row[c]!)));

/** Share that is right when each cluster is given the class that fits best, no two the same. */
export function clusteringAccuracy(predictions: MetricValues, targets: MetricValues): number {
  const table = contingency(predictions, targets);
  const size = Math.max(table.length, table[0]!.length);
  const cost = Float64Array.from({ length: size * size }, (_, i) => -(table[Math.floor(i / size)]?.[i % size] ?? 0));
  const columns = linearAssignment(cost, size, size);
  const right = -columns.reduce((total, column, row) => total + cost[row * size + column]!, 0);
  return right / sum(rowSums(table));
}

/**
 * Mutual information over the mean of both entropies, between 0 and 1; 1 where there is one cluster and one class. sklearn's
 * normalized_mutual_info_score.
 */
export function normalizedMutualInformation(predictions: MetricValues, targets: MetricValues): number {
  const table = contingency(predictions, targets);
  const [rows, columns] = [rowSums(table), columnSums(table)];
  const n = sum(rows);
  const entropy = (counts: readonly number[]): number =>
    -sum(counts.map((count) => (count === 0 ? 0 : (count / n) * Math.log(count / n))));
  const mean = (entropy(rows) + entropy(columns)) / 2;
  if (mean === 0) return 1;
  const information = sum(
    table.map((row, r) =>
      sum(row.map((count, c) => (count === 0 ? 0 : (count / n) * Math.log((n * count) / (rows[r]! * columns[c]!))))),
    ),
  );
  return Math.max(0, information) / mean;
}

/** Share of pairs on which both agree, 0 for what chance gives and 1 for equal partitions. sklearn's adjusted_rand_score. */
export function adjustedRandIndex(predictions: MetricValues, targets: MetricValues): number {
  const table = contingency(predictions, targets);
  const pairs = (count: number): number => (count * (count - 1)) / 2;
  const [rows, columns] = [rowSums(table), columnSums(table)];
  const together = sum(table.flat().map(pairs));
  const [inRows, inColumns] = [sum(rows.map(pairs)), sum(columns.map(pairs))];
  const expected = (inRows * inColumns) / pairs(sum(rows));
  const most = (inRows + inColumns) / 2;
  return most === expected || Number.isNaN(expected) ? 1 : (together - expected) / (most - expected);
}
