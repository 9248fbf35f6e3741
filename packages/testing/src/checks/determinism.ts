import { Generator, withGenerator, type Module } from '@hourglass/core';
import type { CheckDefinition } from '../check.js';
import { expectThat } from '../failure.js';
import { difference, type Values } from '../outputs.js';
import { readState, type Subject } from '../subject.js';

/** One seed gives one model, and a train step repeats to the same bits. */
export const determinism: CheckDefinition = {
  rule: 'determinism',
  name: 'repeats bit for bit with the same seed',
  async run(subject) {
    const made = async (seed: number, other: number): Promise<Map<string, Values>> => {
      const model = withGenerator(new Generator(other), () => subject.facts.create(new Generator(seed)));
      try {
        return await readState(model);
      } finally {
        model.dispose();
      }
    };
    const [once, again] = [await made(1, 11), await made(1, 12)];
    const gap = difference(again, once);
    expectThat(
      gap === null,
      () => `two models of one generator differ (something draws from the default generator instead): ${gap}`,
    );
    expectThat(
      difference(await made(2, 11), once) !== null,
      'two generators with different seeds give the same model: it does not draw from the one that it is given',
    );
    const [first, second] = [await trained(subject), await trained(subject)];
    const drift = difference(second, first);
    expectThat(drift === null, () => `training twice with one seed gives different results: ${drift}`);
  },
};

/** Gradients, and what the pass leaves in the model's state. */
function trained<Model extends Module, Input>(subject: Subject<Model, Input>): Promise<Map<string, Values>> {
  return subject.withModel((model) =>
    subject.withInput(async (input) => {
      const gradients = await subject.readGradients(model, input);
      return new Map([
        ...Array.from(gradients, ([name, values]) => [`gradient of ${name}`, values] as const),
        ...(await readState(model)),
      ]);
    }),
  );
}
