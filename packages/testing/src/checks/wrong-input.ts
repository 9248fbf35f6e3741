import { disposeTensors, Generator } from '@hourglass/core';
import type { CheckDefinition } from '../check.js';
import { expectThat } from '../failure.js';
import { freeInput } from '../subject.js';
import { expectNoLeak } from './leaks.js';
import { tensorsOf } from '../tensors.js';

/** An input that does not fit is refused with an error for people, which names its shape, and without a leak. */
export const wrongInput: CheckDefinition = {
  rule: 'wrong input',
  name: 'refuses wrong inputs with an error that names their shape',
  run: (subject) =>
    subject.withModel((model) => {
      for (const wrong of subject.facts.wrong) {
        const input = wrong.make(new Generator(2));
        try {
          expectNoLeak(`refusing ${wrong.name}`, () => {
            const error = attempt(() => disposeTensors(subject.forward(model, input)));
            expectThat(error !== null, `${wrong.name} is accepted`);
            const isForPeople = typeof (error as { exitCode?: unknown }).exitCode === 'number';
            expectThat(isForPeople, `${wrong.name} gives no HourglassError but ${String(error)}`);
            const { message } = error as Error;
            const shapes = tensorsOf(input).map(({ shape }) => shape.join(', '));
            expectThat(
              wrong.says === undefined ? shapes.some((shape) => message.includes(shape)) : wrong.says.test(message),
              `${wrong.name}: the error does not name ${wrong.says ?? `the shape [${shapes.join('] or [')}]`}: ${message}`,
            );
          });
        } finally {
          freeInput(input);
        }
      }
    }),
};

function attempt(fn: () => void): unknown {
  try {
    fn();
    return null;
  } catch (error) {
    return error;
  }
}
