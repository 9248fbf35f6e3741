import type { kernels } from '@hourglass/core';
import type { Draw, Given } from '@hourglass/core/testing';

/** What a random attention consists of: [lead, H, L, S, E], and what is left out where it is as usual. */
interface Problem {
  readonly sizes: readonly [lead: readonly number[], heads: number, length: number, keys: number, features: number];
  /** Numbers of a value; default those of a key. */
  readonly outputs?: number;
  /** Heads of keys and values; default those of the queries. */
  readonly groups?: number;
  /** For tensors without an axis of heads. */
  readonly flat?: boolean;
  readonly mask?: readonly number[];
  /** How the mask is made. Default numbers. */
  readonly masked?: 'bool' | 'some -inf';
  readonly causal?: boolean;
  readonly headsLast?: boolean;
  readonly kept?: boolean;
  readonly range?: readonly [number, number];
}

// Few kinds of masks and widths: each combination is another shader to compile.
const problems: readonly Problem[] = [
  { sizes: [[1], 1, 1, 1, 1] },
  { sizes: [[0], 2, 3, 4, 5] },
  { sizes: [[2], 2, 3, 0, 5] },
  { sizes: [[2], 3, 5, 7, 16], causal: true },
  // several tiles, more queries than keys, tiles that are seen whole, and scores that leave one key
  { sizes: [[1], 1, 70, 40, 31], causal: true, range: [-5, 5] },
  { sizes: [[2], 2, 33, 70, 17], headsLast: true, outputs: 5, kept: true, mask: [2, 1, 1, 70], masked: 'bool' },
  { sizes: [[1], 4, 40, 33, 20], groups: 2, headsLast: true, kept: true, mask: [4, 40, 33], masked: 'bool' },
  { sizes: [[2, 2], 2, 6, 9, 8], kept: true, mask: [2, 1, 1, 6, 9], masked: 'bool', causal: true },
  { sizes: [[], 1, 9, 40, 104], flat: true, outputs: 97, mask: [9, 40] },
  { sizes: [[1], 2, 35, 11, 256], groups: 1, outputs: 200, causal: true, mask: [2, 35, 11], masked: 'some -inf' },
];

export interface AttentionProblem {
  readonly inputs: { readonly [Name in 'q' | 'k' | 'v' | 'mask' | 'kept']: Given | null };
  readonly attrs: kernels.AttentionAttributes;
  /** Shapes of the result and of the log-sum-exp. */
  readonly shape: readonly number[];
  readonly rows: readonly number[];
}

function maskOf(draw: Draw, shape: readonly number[], kind: Problem['masked']): Given {
  if (kind === 'bool') {
    const mask = draw.given(shape, 'bool');
    // the first query of all sees nothing
    mask.values.fill(0, 0, shape.at(-1));
    return mask;
  }
  const mask = draw.given(shape, 'float32', [-2, 2]);
  if (kind === 'some -inf') {
    for (let i = 0; i < mask.values.length; i++) if (draw.chance(0.3)) mask.values[i] = -Infinity;
    mask.values.fill(-Infinity, 0, shape.at(-1));
  }
  return mask;
}

/** Random problems with odd sizes, sizes of 1 and 0, heads up to 256 wide, and every kind of mask. */
export function* attentionProblems(draw: Draw): Generator<AttentionProblem> {
  for (const problem of problems) {
    const { sizes, headsLast = false, kept = false, causal = false, mask, range = [-2, 2] } = problem;
    const [lead, heads, length, keys, features] = sizes;
    const { groups = heads, outputs = features } = problem;
    const shaped = (heads: number, positions: number, numbers: number): number[] => {
      if (problem.flat === true) return [positions, numbers];
      return headsLast ? [...lead, positions, heads, numbers] : [...lead, heads, positions, numbers];
    };
    const rows = problem.flat === true ? [length] : [...lead, heads, length];
    yield {
      inputs: {
        q: draw.given(shaped(heads, length, features), 'float32', range),
        k: draw.given(shaped(groups, keys, features), 'float32', range),
        v: draw.given(shaped(groups, keys, outputs), 'float32', range),
        mask: mask === undefined ? null : maskOf(draw, mask, problem.masked),
        kept: kept ? draw.given([...rows, keys], 'bool') : null,
      },
      attrs: { causal, scale: draw.pick([0.7, 1]) / Math.sqrt(features), headsLast, keptScale: 2 },
      shape: shaped(heads, length, outputs),
      rows,
    };
  }
}
