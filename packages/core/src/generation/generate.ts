import { check, checkCount } from '../errors.js';
import { defaultGenerator, type Generator } from '../random/index.js';
import { beamSearch } from './beam-search.js';
import { longestLength, tokenList, type GenerationConfig } from './config.js';
import type { TokenDecoder } from './decoder.js';
import { processorsOf, type LogitsProcessor } from './processors/index.js';
import { stoppingOf, type StoppingCriterion } from './stopping.js';
import { tokenSearch } from './token-search.js';

export interface GenerateOptions {
  /** For sampling. Default the default one. */
  readonly generator?: Generator;
  /** Besides those of the configuration. */
  readonly processors?: readonly LogitsProcessor[];
  /** Besides length and end. */
  readonly stopping?: readonly StoppingCriterion[];
  /** The tokens of an encoder of text, which some processors look at. */
  readonly encoderTokens?: ReadonlyArray<readonly number[]>;
  /** Is told the tokens of each step, one a row, while they come; not with beams, whose tokens may still change. */
  readonly onTokens?: (tokens: readonly number[]) => void;
}

export interface GenerationResult {
  /** Prompts with what follows, all of one length; those of one prompt side by side. Behind an end comes padding. */
  readonly sequences: number[][];
  /** Of beam search: log probabilities of the sequences, with the length penalty. Otherwise null. */
  readonly scores: number[] | null;
}

/**
 * Generates sequences as transformers' `generate` does: greedy or sampled token by token, or with beams.
 *
 * @param decoder is used up: it is disposed, also when something throws
 * @param prompts tokens to begin with, one list a row, all of one length
 * @throws InvalidArgumentError when options or prompts do not fit.
 */
export async function generate(
  decoder: TokenDecoder,
  prompts: ReadonlyArray<readonly number[]>,
  config: GenerationConfig = {},
  options: GenerateOptions = {},
): Promise<GenerationResult> {
  try {
    const promptLength = prompts[0]?.length ?? 0;
    check(
      promptLength > 0 && prompts.every((prompt) => prompt.length === promptLength),
      () =>
        `generate: prompts must be at least one token long and all of one length, got lengths ${prompts.map((prompt) => prompt.length).join(', ') || 'of none'}; pad them`,
    );
    const numBeams = config.numBeams ?? 1;
    const numReturnSequences = config.numReturnSequences ?? 1;
    const sampled = config.doSample === true;
    for (const [name, value] of Object.entries({ numBeams, numReturnSequences }))
      checkCount(`generate: ${name}`, value);
    check(
      numReturnSequences === 1 || numReturnSequences <= numBeams || (numBeams === 1 && sampled),
      `generate: ${numReturnSequences} sequences of ${numBeams} beams: ask for more beams, or set doSample`,
    );
    const maxLength = longestLength(config, promptLength);
    const { encoderTokens, onTokens } = options;
    const processors = processorsOf(config, { promptLength, maxLength, encoderTokens, more: options.processors });
    const stop = stoppingOf(config, maxLength, options.stopping);
    const generator = sampled ? (options.generator ?? defaultGenerator()) : null;
    const eos = tokenList(config.eosTokenId);
    const pad = config.padTokenId ?? null;
    if (numBeams === 1) {
      // what ends a row otherwise than by its length needs something to fill it with
      const fill = eos.length > 0 ? (pad ?? eos[0]!) : (options.stopping ?? []).length > 0 ? pad : null;
      const search = { processors, stop, fill, generator, copies: numReturnSequences, onTokens };
      return { sequences: await tokenSearch(decoder, prompts, search), scores: null };
    }
    const { lengthPenalty, earlyStopping } = config;
    return await beamSearch(decoder, prompts, {
      numBeams,
      numReturnSequences,
      lengthPenalty: lengthPenalty ?? 1,
      earlyStopping: earlyStopping ?? false,
      processors,
      stop,
      maxLength,
      ends: eos.length,
      // the reference takes a padding token of 0 for none here
      fill: eos.length > 0 ? pad || eos[0]! : -1,
      generator,
    });
  } finally {
    decoder.dispose();
  }
}
