import type { OptionSpec } from '@hourglass/core';

export const dataOption = {
  kind: 'text',
  placeholder: 'FOLDER',
  description:
    'sound files with transcripts.tsv, manifest.json or *.trans.txt, or spoken digits named {digit}_{speaker}_{index}.wav',
  required: true,
} as const satisfies OptionSpec;

export const beamOption = {
  kind: 'integer',
  placeholder: 'WIDTH',
  description: 'prefixes that the search keeps; 1 takes the likeliest character of each frame',
  default: 1,
  min: 1,
  max: 1000,
} as const satisfies OptionSpec;

export const splitOption = {
  kind: 'text',
  description: 'which sounds',
  choices: ['train', 'val', 'test', 'all'],
  default: 'test',
} as const satisfies OptionSpec;
