import { Generator, withGenerator, type Module } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import type { CheckDefinition } from '../check.js';
import { expectThat } from '../failure.js';
import { difference, readTensor, type Values } from '../outputs.js';
import { freeInput, type Subject } from '../subject.js';

/** One seed gives one model, and a train step repeats to the same bits. */
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
    expectThat(drift === null, () => `training twice with one seed gives different results: ${drift}`);
  },
};

/** Gradients, and what two passes in training leave in the model's state. */
function trained<Model extends Module, Input>(subject: Subject<Model, Input>): Map<string, Values> {
  const model = subject.create();
  const input = subject.input();
  try {
    const found = new Map<string, Values>();
    for (const pass of [1, 2]) {
      const { value, gradients } = subject.gradients(model, input);
      for (const [name, parameter] of model.namedParameters()) {
        const gradient = gradients.get(parameter);
        if (pass === 2 && gradient !== undefined) found.set(`gradient of ${name}`, readTensor(gradient));
      }
      tf.dispose([value, ...gradients.values()]);
    }
    for (const [name, buffer] of model.namedBuffers()) found.set(name, readTensor(buffer.value));
    return found;
  } finally {
    freeInput(input);
    model.dispose();
  }
}

function state(model: Module): Map<string, Values> {
  return new Map(Array.from(model.namedState(), ([name, leaf]) => [name, readTensor(leaf.value)]));
}
