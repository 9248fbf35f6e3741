import type { OptionSpec } from '@hourglass/core';

/** Options of the verbs that put long sounds through a model in parts. */
export const chunkOptions = {
  chunk: {
    kind: 'number',
    placeholder: 'SECONDS',
    description: 'longer sounds go through in parts of this length',
    default: 10,
    min: 0.1,
  },
  overlap: {
    kind: 'number',
    placeholder: 'SECONDS',
    description: 'what neighbouring parts share',
    default: 1,
    min: 0,
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** Says every few seconds how many parts of a long sound are done, and how long the rest will take. */
export function partReporter(
  path: string,
  print: (line: string) => void,
  now = () => performance.now(),
): (done: number, count: number) => void {
  // the first part takes longest: it is not counted
  let began: number | null = null;
  let said = 0;
  return (done, count) => {
    const time = now();
    if (began === null) {
      began = said = time;
      return;
    }
    if (done === count || time - said < 5000) return;
    said = time;
    const left = ((time - began) / 1000 / (done - 1)) * (count - done);
    print(`${path}: ${done} of ${count} parts, about ${Math.ceil(left)} s left`);
  };
}

/** The sound files that a verb is given. */
export const soundArguments = {
  name: 'input',
  description: "sound files, folders of them, or globs such as 'calls/*.wav'",
  required: true,
} as const;
