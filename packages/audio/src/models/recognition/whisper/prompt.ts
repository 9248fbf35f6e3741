import { check, generation, InvalidArgumentError } from '@hourglass/core';

/** What `generation_config.json` of a Whisper checkpoint says besides {@link generation.GenerationConfig}. */
export interface WhisperGenerationConfig extends generation.GenerationConfig {
  /** Tokens of languages: `<|en|>` … */
  readonly langToId?: Readonly<Record<string, number>> | null;
  /** Tokens of `transcribe` and `translate`. */
  readonly taskToId?: Readonly<Record<string, number>> | null;
  readonly noTimestampsTokenId?: number | null;
  /** How late, in steps of 20 ms, the first timestamp may be. */
  readonly maxInitialTimestampIndex?: number | null;
  /** `<|startofprev|>`, before what was said earlier. */
  readonly prevSotTokenId?: number | null;
  /** [place, token] behind the start; of older checkpoints. */
  readonly forcedDecoderIds?: ReadonlyArray<readonly [place: number, token: number | null]> | null;
}

/** @throws UnsupportedError as {@link generation.generationConfigFrom} does */
export function whisperGenerationConfig(json: Readonly<Record<string, unknown>>): WhisperGenerationConfig {
  return {
    ...generation.generationConfigFrom(json),
    ...Object.fromEntries(
      Object.entries({
        langToId: json['lang_to_id'],
        taskToId: json['task_to_id'],
        noTimestampsTokenId: json['no_timestamps_token_id'],
        maxInitialTimestampIndex: json['max_initial_timestamp_index'],
        prevSotTokenId: json['prev_sot_token_id'],
        forcedDecoderIds: json['forced_decoder_ids'],
      }).filter(([, value]) => value !== undefined && value !== null),
    ),
  };
}

export interface WhisperPrompt {
  /** A code that the checkpoint knows: `en`. Default: what the model hears. */
  readonly language?: string;
  readonly task?: 'transcribe' | 'translate';
  /** Say when things are said. Default false. */
  readonly timestamps?: boolean;
  /** Tokens before all others: `<|startofprev|>`, and what was said before or words to expect. */
  readonly promptIds?: readonly number[];
}

/** `<|startofprev|>`; in checkpoints that do not name it, the last but one of what they suppress. */
export function previousToken({ prevSotTokenId, suppressTokens }: WhisperGenerationConfig): number | null {
  return prevSotTokenId ?? suppressTokens?.at(-2) ?? null;
}

/** The token of a language. @throws InvalidArgumentError for one that the checkpoint does not know */
export function languageToken(language: string, { langToId }: WhisperGenerationConfig): number {
  const token = langToId?.[`<|${language.toLowerCase()}|>`] ?? langToId?.[language.toLowerCase()];
  if (token === undefined) {
    const known = Object.keys(langToId ?? {}).map((name) => name.replaceAll(/[<|>]/g, ''));
    throw new InvalidArgumentError(
      `this checkpoint knows no language '${language}'; there are ${known.join(', ') || 'none in generation_config.json'}`,
    );
  }
  return token;
}

/**
 * The tokens with which the decoder begins: start, language, task, whether there are times.
 *
 * @param language the language's token; null where there is none
 */
export function promptTokens(
  config: WhisperGenerationConfig,
  start: number,
  prompt: WhisperPrompt,
  language: number | null,
): number[] {
  const { taskToId, noTimestampsTokenId, forcedDecoderIds } = config;
  const { task, timestamps = false } = prompt;
  const tokens = [start];
  if (task === undefined && prompt.language === undefined) {
    for (const [place, token] of forcedDecoderIds ?? []) {
      if (place !== tokens.length || (token === null && place > 1)) break;
      // an open place is that of the language
      if (token === null) {
        if (language === null) break;
        tokens.push(language);
      } else tokens.push(token);
    }
  }
  if (tokens.length === 1 && language !== null) tokens.push(language);
  const tasks = Object.values(taskToId ?? {});
  if (task !== undefined) {
    const token = taskToId?.[task];
    check(token !== undefined, () => `this checkpoint knows no task '${task}'; leave it out`);
    tokens.push(token);
  } else if (prompt.language !== undefined && taskToId?.['transcribe'] !== undefined) {
    if (!tokens.some((token) => tasks.includes(token))) tokens.push(taskToId['transcribe']);
  }
  if (noTimestampsTokenId == null) return tokens;
  const ends = tokens.at(-1) === noTimestampsTokenId;
  if (!timestamps && !ends) tokens.push(noTimestampsTokenId);
  return timestamps && ends ? tokens.slice(0, -1) : tokens;
}
