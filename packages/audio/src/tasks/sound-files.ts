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

/** The sound files that a verb is given. */
export const soundArguments = {
  name: 'input',
  description: "sound files, folders of them, or globs such as 'calls/*.wav'",
  required: true,
} as const;
