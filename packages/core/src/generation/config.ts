import { check, UnsupportedError } from '../errors.js';

/** How a sequence is generated, under transformers' names (`generation_config.json`, in camel case) and with its defaults. */
export interface GenerationConfig {
  /** Tokens of a sequence, the prompt counted. Default 20 more than the prompt. */
  readonly maxLength?: number | null;
  /** Tokens behind the prompt; goes before `maxLength`. */
  readonly maxNewTokens?: number | null;
  /** No end before a sequence has so many tokens, the prompt counted. Default 0. */
  readonly minLength?: number | null;
  /** No end before so many tokens behind the prompt; goes before `minLength`. */
  readonly minNewTokens?: number | null;
  /** Draw tokens instead of taking the likeliest. Default false. */
  readonly doSample?: boolean | null;
  /** Beams of a beam search; 1 (default) is none. */
  readonly numBeams?: number | null;
  /** Sequences for each prompt. Default 1. */
  readonly numReturnSequences?: number | null;
  /**
   * When a beam search is done: true, with as many ends as beams; false (default), when a better one is unlikely; 'never', when there
   * can be none.
   */
  readonly earlyStopping?: boolean | 'never' | null;
  /** Beams are compared by log probability / length^penalty. Default 1. */
  readonly lengthPenalty?: number | null;
  /** Of sampling: default 1. */
  readonly temperature?: number | null;
  /** Of sampling: only the likeliest. Default 50; 0 for all. */
  readonly topK?: number | null;
  /** Of sampling: default 1. */
  readonly topP?: number | null;
  readonly minP?: number | null;
  readonly typicalP?: number | null;
  readonly epsilonCutoff?: number | null;
  readonly etaCutoff?: number | null;
  /** Default 1. */
  readonly repetitionPenalty?: number | null;
  readonly encoderRepetitionPenalty?: number | null;
  /** No run of so many tokens twice. Default 0: none is looked at. */
  readonly noRepeatNgramSize?: number | null;
  readonly encoderNoRepeatNgramSize?: number | null;
  /** Sequences that must not come. */
  readonly badWordsIds?: ReadonlyArray<readonly number[]> | null;
  readonly sequenceBias?: ReadonlyArray<readonly [tokens: readonly number[], bias: number]> | null;
  readonly forcedBosTokenId?: number | null;
  readonly forcedEosTokenId?: number | readonly number[] | null;
  readonly suppressTokens?: readonly number[] | null;
  readonly beginSuppressTokens?: readonly number[] | null;
  /** [tokens behind the prompt, factor] */
  readonly exponentialDecayLengthPenalty?: readonly [number, number] | null;
  readonly removeInvalidValues?: boolean | null;
  readonly renormalizeLogits?: boolean | null;
  readonly padTokenId?: number | null;
  readonly bosTokenId?: number | null;
  /** Null: nothing ends a sequence but its length. */
  readonly eosTokenId?: number | readonly number[] | null;
  readonly decoderStartTokenId?: number | readonly number[] | null;
}

const known: ReadonlyArray<keyof GenerationConfig> = [
  'maxLength',
  'maxNewTokens',
  'minLength',
  'minNewTokens',
  'doSample',
  'numBeams',
  'numReturnSequences',
  'earlyStopping',
  'lengthPenalty',
  'temperature',
  'topK',
  'topP',
  'minP',
  'typicalP',
  'epsilonCutoff',
  'etaCutoff',
  'repetitionPenalty',
  'encoderRepetitionPenalty',
  'noRepeatNgramSize',
  'encoderNoRepeatNgramSize',
  'badWordsIds',
  'sequenceBias',
  'forcedBosTokenId',
  'forcedEosTokenId',
  'suppressTokens',
  'beginSuppressTokens',
  'exponentialDecayLengthPenalty',
  'removeInvalidValues',
  'renormalizeLogits',
  'padTokenId',
  'bosTokenId',
  'eosTokenId',
  'decoderStartTokenId',
];

/** Fields that would change what is generated, and that generation here does not know, with the value that changes nothing. */
const unsupported: Readonly<Record<string, readonly unknown[]>> = {
  num_beam_groups: [1],
  diversity_penalty: [0],
  guidance_scale: [1],
  penalty_alpha: [0],
  top_h: [],
  constraints: [],
  force_words_ids: [],
  watermarking_config: [],
  stop_strings: [],
  max_time: [],
};

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * The generation configuration that a `generation_config.json` (or an old model's config.json) holds.
 *
 * @throws UnsupportedError for a way of generating that is not known here; it names the field.
 */
export function generationConfigFrom(json: Readonly<Record<string, unknown>>): GenerationConfig {
  for (const [field, neutral] of Object.entries(unsupported)) {
    const value = json[field] ?? null;
    if (value === null || neutral.includes(value)) continue;
    throw new UnsupportedError(
      `generation_config.json: ${field} ${JSON.stringify(value)} is not known here; remove it`,
    );
  }
  return Object.fromEntries(
    known.filter((name) => snake(name) in json).map((name) => [name, json[snake(name)]]),
  ) as GenerationConfig;
}

/** The layout of `generation_config.json`. */
export function generationConfigJson(config: GenerationConfig): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [snake(name), value]));
}

/** Ids that end a sequence; none for null. */
export function tokenList(tokens: number | readonly number[] | null | undefined): readonly number[] {
  return tokens == null ? [] : typeof tokens === 'number' ? [tokens] : tokens;
}

/** Length of the longest sequence, the prompt counted. */
export function longestLength(config: GenerationConfig, promptLength: number): number {
  const { maxNewTokens, maxLength } = config;
  const length = maxNewTokens != null ? promptLength + maxNewTokens : (maxLength ?? promptLength + 20);
  check(
    length > promptLength,
    () =>
      `generate: a prompt of ${promptLength} tokens leaves no room in ${length} (maxLength); ask for more, or set maxNewTokens`,
  );
  return length;
}
