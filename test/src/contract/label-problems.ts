import type { kernels } from '@hourglass/core';
import type { Draw, Given } from '@hourglass/core/testing';

export interface LabelProblem {
  readonly inputs: { readonly logits: Given; readonly target: Given; readonly weight: Given | null };
  readonly attrs: kernels.SoftmaxCrossEntropyAttrs;
}

/** Random logits and labels, few and many classes, a fifth of the labels ignored. */
export function* labelProblems(draw: Draw): Generator<LabelProblem> {
  for (const [shape, weighted, labelSmoothing] of [
    [[1, 1], false, 0],
    [[0, 4], false, 0],
    [[7], false, 0],
    [[2, 33, 5], false, 0],
    [[130, 48], true, 0.1],
    [[3, 49], true, 0],
    [[5, 7, 200], false, 0.3],
  ] as const) {
    const classes = shape.at(-1)!;
    const target = draw.given(shape.slice(0, -1), 'int32', [0, classes]);
    const ignoreIndex = draw.pick([-100, 0]);
    for (let i = 0; i < target.values.length; i++) if (draw.chance(0.2)) target.values[i] = ignoreIndex;
    const range = draw.pick([
      [-3, 3],
      [-40, 40],
    ] as const);
    yield {
      inputs: {
        logits: draw.given(shape, 'float32', range),
        target,
        weight: weighted ? draw.given([classes], 'float32', [0.1, 2]) : null,
      },
      attrs: { ignoreIndex, labelSmoothing },
    };
  }
}
