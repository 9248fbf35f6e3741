import { AdamW, disposeTensors, type Module } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import type { CheckDefinition } from '../check.js';
import { expectThat } from '../failure.js';
import { countOperations, InjectedError, throwingAt } from '../operations.js';
import type { Subject } from '../subject.js';

/**
 * A forward pass leaves its outputs, a train step nothing. What an input makes at its first use and keeps for the next, as a graph
 * its normalised edges, must be freed with it.
 */
export const leaks: CheckDefinition = {
  rule: 'leaks',
  name: 'leaves no tensors behind after predicting and training',
  run: (subject) =>
    subject.withModel(async (model) => {
      const before = tf.memory();
      await subject.withInput((input) => {
        const predict = (): void => disposeTensors(subject.forward(model, input));
        for (const mode of ['evaluation', 'training']) {
          model.train(mode === 'training');
          predict();
          expectNoLeak(`a forward pass in ${mode}`, predict);
        }
        const optimizer = new AdamW(model.parameters(), { lr: 1e-3 });
        const step = (): void => {
          const { value, gradients } = subject.gradients(model, input);
          optimizer.step(gradients);
          tf.dispose([value, ...gradients.values()]);
        };
        try {
          step(); // the optimiser makes its state
          expectNoLeak('a train step', step);
        } finally {
          optimizer.dispose();
        }
      });
      expectSameMemory('the first use of an input, once that is freed,', before);
    }),
};

/** Nothing stays behind when a wrong input is refused, or when an operation amid the work throws. */
export const throwing: CheckDefinition = {
  rule: 'throwing',
  name: 'leaves no tensors behind when it throws',
  run: (subject) =>
    subject.withModel(async (model) => {
      await subject.withInput((input) => {
        for (const [work, fn] of passes(subject, model, input)) {
          const operations = countOperations(fn);
          for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
            const at = Math.floor(share * operations);
            expectNoLeak(`${work} whose operation ${at} of ${operations} threw`, () => {
              let thrown = false;
              try {
                throwingAt(at, fn);
              } catch (error) {
                if (!(error instanceof InjectedError)) throw error;
                thrown = true;
              }
              expectThat(thrown, () => `${work} goes on after operation ${at} of ${operations} threw: it hides errors`);
            });
          }
        }
      });
    }),
};

function passes<Model extends Module, Input>(
  subject: Subject<Model, Input>,
  model: Model,
  input: Input,
): Array<[string, () => void]> {
  return [
    ['a forward pass in evaluation', () => disposeTensors(subject.forward(model.eval(), input))],
    [
      'a train step',
      () => {
        const { value, gradients } = subject.gradients(model.train(), input);
        tf.dispose([value, ...gradients.values()]);
      },
    ],
  ];
}

/** dispose() frees all that making the model took. */
export const disposal: CheckDefinition = {
  rule: 'disposal',
  name: 'frees everything when it is disposed',
  run: (subject) =>
    subject.withInput((input) => {
      // tables that models of a kind share are made by the first
      const first = subject.create();
      disposeTensors(subject.forward(first, input));
      first.dispose();
      expectNoLeak('a model that was made, used and disposed', () => {
        const model = subject.create();
        disposeTensors(subject.forward(model, input));
        model.dispose();
        model.dispose();
      });
    }),
};

/** Throws when `fn` leaves tensors or their memory behind. */
export function expectNoLeak(what: string, fn: () => void): void {
  const before = tf.memory();
  fn();
  expectSameMemory(what, before);
}

function expectSameMemory(what: string, before: tf.MemoryInfo): void {
  const after = tf.memory();
  const tensors = after.numTensors - before.numTensors;
  const buffers = after.numDataBuffers - before.numDataBuffers;
  expectThat(
    tensors <= 0 && buffers <= 0,
    () => `${what} leaves ${tensors} tensors behind (${buffers} pieces of memory): run it in a scope()`,
  );
  expectThat(tensors >= 0, () => `${what} frees ${-tensors} tensors that it was given`);
}
