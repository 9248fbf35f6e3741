import { tokenList, type GenerationConfig } from '../config.js';
import { exponentialDecayLengthPenalty, minLength } from './lengths.js';
import type { LogitsProcessor } from './processor.js';
import { encoderNoRepeatNGram, encoderRepetitionPenalty, noRepeatNGram, repetitionPenalty } from './repetition.js';
import { epsilonCutoff, etaCutoff, minP, renormalize, temperature, topK, topP, typical } from './sampling.js';
import {
  forcedBosToken,
  forcedEosToken,
  noBadWords,
  removeInvalidValues,
  sequenceBias,
  suppressTokens,
  suppressTokensAtBegin,
} from './tokens.js';

export interface ProcessorContext {
  readonly promptLength: number;
  readonly maxLength: number;
  /** The encoder's tokens, for an encoder of text. */
  readonly encoderTokens?: ReadonlyArray<readonly number[]> | undefined;
  /** Those of the caller, which come before what sampling needs. */
  readonly more?: readonly LogitsProcessor[] | undefined;
}

/** The processors that a configuration asks for, in transformers' order. */
export function processorsOf(config: GenerationConfig, context: ProcessorContext): LogitsProcessor[] {
  const { promptLength, maxLength, encoderTokens, more = [] } = context;
  const eos = tokenList(config.eosTokenId);
  const beams = config.numBeams ?? 1;
  const rows = beams > 1 ? beams : (config.numReturnSequences ?? 1);
  const list: LogitsProcessor[] = [];
  const when = <T>(value: T | null | undefined, off: T | null, make: (value: T) => LogitsProcessor): void => {
    if (value != null && value !== off) list.push(make(value));
  };
  when(config.sequenceBias, null, sequenceBias);
  if (encoderTokens !== undefined)
    when(config.encoderRepetitionPenalty, 1, (penalty) => encoderRepetitionPenalty(penalty, encoderTokens, rows));
  when(config.repetitionPenalty, 1, repetitionPenalty);
  when(config.noRepeatNgramSize, 0, noRepeatNGram);
  if (encoderTokens !== undefined)
    when(config.encoderNoRepeatNgramSize, 0, (size) => encoderNoRepeatNGram(size, encoderTokens, rows));
  when(config.badWordsIds, null, (words) => noBadWords(words, eos));
  const { minNewTokens } = config;
  const least = minNewTokens != null ? minNewTokens + promptLength : config.minLength;
  if (eos.length > 0) when(least, 0, (length) => minLength(length, eos));
  when(config.forcedBosTokenId, null, forcedBosToken);
  when(config.forcedEosTokenId, null, (tokens) => forcedEosToken(maxLength, tokenList(tokens)));
  when(config.removeInvalidValues, false, removeInvalidValues);
  when(config.exponentialDecayLengthPenalty, null, ([start, factor]) =>
    exponentialDecayLengthPenalty(start + promptLength, factor, eos),
  );
  when(config.suppressTokens, null, suppressTokens);
  when(config.beginSuppressTokens, null, (tokens) => {
    const forced = promptLength <= 1 && config.forcedBosTokenId != null;
    return suppressTokensAtBegin(tokens, forced ? promptLength + 1 : promptLength);
  });
  list.push(...more);
  if (config.doSample === true) {
    // a beam needs something to go on with that does not end it
    const keep = beams > 1 ? Math.max(2, eos.length + 1) : 1;
    when(config.temperature, 1, temperature);
    when(config.topK ?? 50, 0, (k) => topK(k, keep));
    if ((config.topP ?? 1) < 1) when(config.topP, null, (p) => topP(p, keep));
    when(config.minP, null, (share) => minP(share, keep));
    if ((config.typicalP ?? 1) < 1) when(config.typicalP, null, (mass) => typical(mass, keep));
    when(config.epsilonCutoff, 0, (epsilon) => epsilonCutoff(epsilon, keep));
    when(config.etaCutoff, 0, (epsilon) => etaCutoff(epsilon, keep));
  }
  when(config.renormalizeLogits, false, renormalize);
  return list;
}
