import { scope } from '@hourglass/core';
import type { CheckDefinition } from '../check.js';
import type { Shapes } from '../facts.js';
import { expectThat } from '../failure.js';
import { label, namedOutputs, shapeText } from '../outputs.js';

/** Outputs have the shapes that the facts announce, for every kind of input and for a single example. */
export const shapes: CheckDefinition = {
  rule: 'shapes',
  name: 'gives the announced shapes at every size',
  run: (subject) =>
    subject.withModel(async (model) => {
      model.eval();
      for (const kind of subject.facts.inputs) {
        for (const examples of [1, subject.examples]) {
          await subject.withInput(
            (input) => {
              const found = scope(
                () =>
                  new Map(
                    Array.from(namedOutputs(subject.forward(model, input)), ([name, { shape }]) => [name, [...shape]]),
                  ),
              );
              compareShapes(found, kind.gives(input, examples), `${kind.name}, ${examples} at once`);
            },
            kind,
            examples,
          );
        }
      }
    }),
};

function compareShapes(found: ReadonlyMap<string, readonly number[]>, announced: Shapes, where: string): void {
  const expected = new Map<string, readonly number[]>(
    Array.isArray(announced) ? [['', announced as readonly number[]]] : Object.entries(announced),
  );
  for (const name of found.keys()) {
    expectThat(expected.has(name), () => `${where}: the facts do not announce ${label(name)}`);
  }
  for (const [name, shape] of expected) {
    const own = found.get(name);
    expectThat(own !== undefined, () => `${where}: ${label(name)} is missing`);
    expectThat(
      shapeText(own) === shapeText(shape),
      () => `${where}: ${label(name)} has shape ${shapeText(own)}, announced is ${shapeText(shape)}`,
    );
  }
}
