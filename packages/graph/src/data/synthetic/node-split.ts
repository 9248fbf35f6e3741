import { check, type Generator } from '@hourglass/core';

export interface NodeSplit {
  readonly trainMask: Uint8Array;
  readonly valMask: Uint8Array;
  readonly testMask: Uint8Array;
}

/**
 * As many labelled nodes of each class, and others to validate and to test on.
 *
 * @throws InvalidArgumentError when there are not enough nodes
 */
export function nodeSplit(
  y: Int32Array,
  classes: number,
  sizes: { readonly trainPerClass: number; readonly validation: number; readonly test: number },
  generator: Generator,
): NodeSplit {
  const [trainMask, valMask, testMask] = [0, 1, 2].map(() => new Uint8Array(y.length)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const missing = Array.from({ length: classes }, () => sizes.trainPerClass);
  const rest: number[] = [];
  for (const node of generator.permutation(y.length)) {
    if (missing[y[node]!]! > 0) {
      missing[y[node]!]!--;
      trainMask[node] = 1;
    } else rest.push(node);
  }
  check(
    missing.every((count) => count === 0) && rest.length >= sizes.validation + sizes.test,
    () =>
      `${y.length} nodes are too few for ${sizes.trainPerClass} labelled of each of ${classes} classes, ` +
      `${sizes.validation} to validate and ${sizes.test} to test on`,
  );
  for (const node of rest.slice(0, sizes.validation)) valMask[node] = 1;
  for (const node of rest.slice(sizes.validation, sizes.validation + sizes.test)) testMask[node] = 1;
  return { trainMask, valMask, testMask };
}
