import { disposeTensors, type Module } from '@hourglass/core';
import type { CheckDefinition } from '../check.js';
import { expectThat } from '../failure.js';
import { difference } from '../outputs.js';
import { InjectedError, throwingAt } from '../operations.js';
import type { Subject } from '../subject.js';

/** Training differs from evaluation as the facts say, and forward leaves the flags alone. */
export const modes: CheckDefinition = {
  rule: 'modes',
  name: 'trains and evaluates as its facts say, and leaves the flags alone',
  run: (subject) =>
    subject.withModel((model) =>
      subject.withInput((input) => {
        model.eval();
        const evaluated = subject.read(model, input, 31);
        const repeated = difference(subject.read(model, input, 32), evaluated);
        expectThat(repeated === null, () => `in evaluation two passes over one input differ: ${repeated}`);
        model.train();
        const [first, same, other] = [31, 31, 32].map((seed) => subject.read(model, input, seed));
        const { training = 'same' } = subject.facts;
        expectThat(
          difference(same!, first!) === null,
          'in training two passes with one seed differ: it draws from a generator of its own, or keeps state',
        );
        const isRandom = difference(other!, first!) !== null;
        expectThat(
          isRandom === (training === 'random'),
          isRandom
            ? `in training two passes with different random numbers differ, though the facts say that training is '${training}'`
            : 'in training two passes with different random numbers are the same, though the facts say that training is random',
        );
        if (training !== 'random') {
          const differs = difference(first!, evaluated);
          expectThat(
            (differs !== null) === (training === 'different'),
            differs === null
              ? "training gives what evaluation gives, though the facts say 'different'"
              : `training gives something else than evaluation, though the facts say 'same': ${differs}`,
          );
        }
        checkFlags(subject, model, input);
      }),
    ),
};

function checkFlags<Model extends Module, Input>(subject: Subject<Model, Input>, model: Model, input: Input): void {
  const modules = Array.from(model.namedModules(), ([, module]) => module);
  for (const wanted of [true, false]) {
    model.train(wanted);
    const odd = modules.filter(({ training }) => training !== wanted).length;
    expectThat(odd === 0, `train(${wanted}) leaves ${odd} modules as they were`);
  }
  // every second one frozen: whoever switches the flags puts them all back alike
  modules.forEach((module, i) => (module.training = i % 2 === 0));
  const expectFlags = (after: string): void => {
    const changed = modules.filter(({ training }, i) => training !== (i % 2 === 0)).length;
    expectThat(changed === 0, `${after} changes the training flags of ${changed} modules`);
  };
  disposeTensors(subject.forward(model, input));
  expectFlags('a forward pass');
  try {
    throwingAt(0, () => disposeTensors(subject.forward(model, input)));
  } catch (error) {
    if (!(error instanceof InjectedError)) throw error;
  }
  expectFlags('a forward pass that throws');
}
