import { check, InvalidArgumentError, type OptionSpec } from '@hourglass/core';
import { usualCodebooks, type CodecScores } from '../../training/index.js';
import { SoundStream, type CodecModel } from '../../models/codecs/index.js';

export const dataOption = {
  kind: 'text',
  placeholder: 'FOLDER',
  description: 'recordings; splits: manifest.json, folders train, val and test, or dealt out 8 : 1 : 1',
  required: true,
} as const satisfies OptionSpec;

export const denoiseOption = {
  kind: 'flag',
  description: 'take noise out; a SoundStream that was trained with --denoise can',
} as const satisfies OptionSpec;

/** @throws InvalidArgumentError when noise is to be taken out by a model that cannot do it in this half */
export function setDenoising(model: CodecModel<object>, place: 'encoder' | 'decoder', denoise: boolean): void {
  if (!denoise) return;
  check(
    model instanceof SoundStream && model.config.denoise === place,
    () => `--denoise: the model cannot take noise out in its ${place}; train one with --denoise ${place}`,
  );
  model.denoising = true;
}

/** How many codebooks, or which bit rate. */
export const rateOptions = {
  codebooks: { kind: 'integer', description: 'codebooks used (default: all)', min: 1, conflicts: ['bandwidth'] },
  bandwidth: {
    kind: 'number',
    placeholder: 'KBPS',
    description: 'instead: thousands of bits a second, at most',
    min: 0,
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** @throws InvalidArgumentError when the model has no such rate */
export function codebooksOf(
  model: CodecModel<object>,
  { codebooks, bandwidth }: { readonly codebooks?: number | undefined; readonly bandwidth?: number | undefined },
): number {
  if (bandwidth === undefined) {
    const count = codebooks ?? model.numCodebooks;
    check(count <= model.numCodebooks, () => `the model has ${model.numCodebooks} codebooks, not ${count}`);
    return count;
  }
  const one = model.bandwidthOf(1);
  const count = Math.min(model.numCodebooks, Math.floor((bandwidth * 1000) / one + 1e-6));
  check(
    count > 0,
    () => `the model needs ${(one / 1000).toFixed(2)} kbit/s for one codebook, --bandwidth is ${bandwidth}`,
  );
  return count;
}

/** Numbers of codebooks of an option `1,2,4`. */
export function codebookCounts(model: CodecModel<object>, given: readonly string[] | undefined): number[] {
  if (given === undefined) return usualCodebooks(model.numCodebooks);
  return given.map((text) => {
    const count = Number(text);
    if (!Number.isInteger(count) || count < 1 || count > model.numCodebooks) {
      throw new InvalidArgumentError(`--codebooks takes numbers from 1 to ${model.numCodebooks}, not '${text}'`);
    }
    return count;
  });
}

/** A table of scores. */
export function scoreLines(scores: readonly CodecScores[]): string[] {
  return [
    'codebooks    bit/s   SI-SDR/dB  mel distance',
    ...scores.map(
      ({ codebooks, bitRate, siSdr, melDistance }) =>
        `${String(codebooks).padStart(9)}${bitRate.toFixed(0).padStart(9)}${siSdr.toFixed(2).padStart(11)}${melDistance.toFixed(3).padStart(14)}`,
    ),
  ];
}
