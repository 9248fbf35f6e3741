import { AdamW, Generator, withGenerator, type Module } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import type { CheckDefinition } from '../check.js';
import { expectThat } from '../failure.js';
import { difference, readTensor, type Values } from '../outputs.js';
import { freeInput, type Subject } from '../subject.js';

/** One seed gives one model, and training it twice gives the same bits. */
export const determinism: CheckDefinition = {
  rule: 'determinism',
  name: 'repeats bit for bit with the same seed',
  async run(subject) {
    const made = (seed: number, other: number): Map<string, Values> => {
      const model = withGenerator(new Generator(other), () => subject.facts.create(new Generator(seed)));
      try {
        return state(model);
      } finally {
        model.dispose();
      }
    };
    const [once, again] = [made(1, 11), made(1, 12)];
    const gap = difference(again, once);
    expectThat(
      gap === null,
      () => `two models of one generator differ (something draws from the default generator instead): ${gap}`,
    );
    expectThat(
      difference(made(2, 11), once) !== null,
      'two generators with different seeds give the same model: it does not draw from the one that it is given',
    );
    const [first, second] = [trained(subject), trained(subject)];
    const drift = difference(second, first);
    expectThat(drift === null, () => `training twice with one seed gives different models: ${drift}`);
  },
};

function trained<Model extends Module, Input>(subject: Subject<Model, Input>): Map<string, Values> {
  const model = subject.create();
  const input = subject.input();
  const optimizer = new AdamW(model.parameters(), { lr: 1e-2 });
  try {
    for (let step = 0; step < 2; step++) {
      const { value, gradients } = subject.gradients(model, input);
      optimizer.step(gradients);
      tf.dispose([value, ...gradients.values()]);
    }
    return state(model);
  } finally {
    optimizer.dispose();
    freeInput(input);
    model.dispose();
  }
}

function state(model: Module): Map<string, Values> {
  return new Map(Array.from(model.namedState(), ([name, leaf]) => [name, readTensor(leaf.value)]));
}
