import type { LinearMap } from './spec.js';

/** What the outputs of a linear map read: output o the sources starts[o] up to starts[o + 1], with these weights. */
export interface Terms {
  readonly starts: readonly number[];
  readonly sources: readonly number[];
  readonly weights: readonly number[];
}

function collect(lists: ReadonlyArray<ReadonlyArray<readonly [source: number, weight: number]>>): Terms {
  const starts = [0];
  for (const list of lists) starts.push(starts.at(-1)! + list.length);
  const terms = lists.flat();
  return { starts, sources: terms.map(([source]) => source), weights: terms.map(([, weight]) => weight) };
}

/** Of a map; terms whose weight is 0 are left out. */
export function termsOf({ first, weights }: LinearMap): Terms {
  return collect(
    first.map((at, o) => weights[o]!.flatMap((weight, i) => (weight === 0 ? [] : [[at + i, weight] as const]))),
  );
}

/** Of its transpose, in the order of the outputs. */
export function transposedTerms({ from, first, weights }: LinearMap): Terms {
  const lists = Array.from({ length: from }, (): Array<readonly [number, number]> => []);
  first.forEach((at, o) =>
    weights[o]!.forEach((weight, i) => {
      if (weight !== 0) lists[at + i]!.push([o, weight]);
    }),
  );
  return collect(lists);
}
