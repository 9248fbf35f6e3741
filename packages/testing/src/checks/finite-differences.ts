import { Generator, scope, type Module, type Parameter } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import type { CheckDefinition } from '../check.js';
import { expectThat } from '../failure.js';
import { largest, negligible } from '../outputs.js';
import type { Subject } from '../subject.js';

/** Parameters that are probed, one element each; each takes some evaluations, for which a GPU is waited. */
const probed = (): number => (tf.getBackend() === 'webgpu' ? 3 : 8);

/**
 * Steps of the central difference, relative to the parameter's size. float32 has no step that is right for all: a kink or
 * curvature spoils large ones, rounding small ones. A wrong gradient agrees with none, and does so for other elements too.
 */
const steps = [1e-2, 2e-3, 5e-2, 1e-3, 5e-4];

/** The gradient of some elements of some parameters equals a central difference of the loss. */
export const finiteDifferences: CheckDefinition = {
  rule: 'finite differences',
  name: 'has gradients that finite differences confirm',
  run: (subject) =>
    subject.withModel((model) =>
      subject.withInput(async (input) => {
        const generator = new Generator(5);
        const { value, gradients } = subject.gradients(model, input);
        try {
          const parameters = [...model.namedParameters()].filter(([, parameter]) => gradients.has(parameter));
          const sizes = await Promise.all(
            Array.from(gradients.values(), async (gradient) => largest(await gradient.data())),
          );
          const most = Math.max(...sizes);
          const order = Array.from(generator.permutation(parameters.length)).slice(0, probed());
          for (const [turn, at] of order.entries()) {
            const [name, parameter] = parameters[at]!;
            const exact = gradients.get(parameter)!.dataSync();
            // by turns first the element that matters most, and any
            const elements = Array.from({ length: 3 }, (_, i) =>
              turn % 2 === 0 && i === 0 ? indexOfLargest(exact) : generator.integer(0, exact.length),
            );
            const given = { parameter, exact, floor: negligible * most };
            const gaps: string[] = [];
            for (const element of elements) {
              const gap = probe(subject, model, input, { ...given, element });
              if (gap === null) break;
              gaps.push(gap);
            }
            expectThat(gaps.length < elements.length, () => `the gradient of ${name} is wrong: ${gaps.join('; ')}`);
          }
        } finally {
          tf.dispose([value, ...gradients.values()]);
        }
      }),
    ),
};

interface Probe {
  readonly parameter: Parameter;
  readonly element: number;
  readonly exact: ArrayLike<number>;
  /** What rounding may make of a gradient of zero. */
  readonly floor: number;
}

/** Compares one element; null, or what is wrong. */
function probe<Model extends Module, Input>(
  subject: Subject<Model, Input>,
  model: Model,
  input: Input,
  { parameter, element, exact, floor }: Probe,
): string | null {
  const before = Float32Array.from(parameter.value.dataSync());
  const evaluate = (value: number): number => {
    const moved = before.slice();
    moved[element] = value;
    scope(() => parameter.assign(tf.tensor(moved, parameter.shape)));
    return subject.lossValue(model, input);
  };
  const x = before[element]!;
  const meanSquare = before.reduce((sum, v) => sum + v * v, 0) / before.length;
  const size = Math.max(Math.abs(x), Math.sqrt(meanSquare), 0.05);
  const bound = 0.03 * Math.abs(exact[element]!) + 0.01 * largest(exact) + floor;
  const tried: number[] = [];
  try {
    for (const step of steps) {
      const [high, low] = [Math.fround(x + step * size), Math.fround(x - step * size)];
      const numeric = (evaluate(high) - evaluate(low)) / (high - low);
      if (Math.abs(numeric - exact[element]!) <= bound) return null;
      tried.push(numeric);
    }
  } finally {
    scope(() => parameter.assign(tf.tensor(before, parameter.shape)));
  }
  return `element ${element} has ${exact[element]}, finite differences say ${tried.join(', ')}`;
}

function indexOfLargest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (Math.abs(values[i]!) > Math.abs(values[best]!)) best = i;
  return best;
}
