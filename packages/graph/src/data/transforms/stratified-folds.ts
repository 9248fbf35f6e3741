import { check, defaultGenerator, type Generator } from '@hourglass/core';

/**
 * Test folds for cross-validation in which every class is as frequent as in the whole, as nearly as whole numbers allow; and all folds are
 * equally large, but for one.
 *
 * @param labels the class of each example
 * @returns for each fold its examples, rising; every example is in one
 */
export function stratifiedFolds(
  labels: ArrayLike<number>,
  folds: number,
  generator: Generator = defaultGenerator(),
): Int32Array[] {
  check(
    Number.isInteger(folds) && folds >= 2 && folds <= labels.length,
    () => `stratifiedFolds: ${labels.length} examples make no ${folds} folds`,
  );
  const byClass = new Map<number, number[]>();
  for (const example of generator.permutation(labels.length)) {
    const members = byClass.get(labels[example]!);
    if (members === undefined) byClass.set(labels[example]!, [example]);
    else members.push(example);
  }
  const result: number[][] = Array.from({ length: folds }, () => []);
  // dealt out one by one, each class going on where the last one stopped
  let next = 0;
  for (const [, members] of [...byClass].sort(([a], [b]) => a - b)) {
    for (const example of members) result[next++ % folds]!.push(example);
  }
  return result.map((fold) => Int32Array.from(fold).sort());
}

/** All examples that are not in the fold, rising. */
export function othersThan(fold: Int32Array, count: number): Int32Array {
  const tested = new Set(fold);
  return Int32Array.from({ length: count }, (_, i) => i).filter((example) => !tested.has(example));
}
