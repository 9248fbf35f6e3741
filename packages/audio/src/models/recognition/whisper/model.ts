/**
 * Whisper: "Robust Speech Recognition via Large-Scale Weak Supervision", Radford et al. 2022, arXiv:2212.04356. Checkpoints of
 * openai/whisper-* (MIT; large-v3 Apache-2.0) in transformers' layout.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  generation,
  initialiseNormal,
  Linear,
  loadPretrained,
  scope,
  type Config,
  type DecoderCache,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import {
  EncoderDecoder,
  tokenScores,
  TranscribingModel,
  transcribingFamily,
  type EncodedSounds,
} from '../transcribing-model.js';
import { whisperSettings, type WhisperConfig, type WhisperSettings } from './config.js';
import { WhisperDecoder } from './decoder.js';
import { WhisperEncoder } from './encoder.js';
import {
  languageToken,
  promptTokens,
  whisperGenerationConfig,
  type WhisperGenerationConfig,
  type WhisperPrompt,
} from './prompt.js';
import { cutSegments, timestampBegin, timestampRules, type WhisperSegment } from './timestamps.js';

export interface WhisperGenerateOptions extends WhisperPrompt, generation.GenerateOptions {
  /** Instead of what the checkpoint's generation_config.json says. */
  readonly config?: generation.GenerationConfig;
}

/** Speech to text tokens. */
export class WhisperForConditionalGeneration extends TranscribingModel<WhisperConfig> {
  protected override readonly modelType = 'whisper';
  readonly model: EncoderDecoder<WhisperEncoder, WhisperDecoder>;
  /** Null where the output's weight is that of the decoder's embedding. */
  readonly proj_out: Linear | null;
  readonly #settings: WhisperSettings;
  /** How the checkpoint wants to generate. */
  override readonly generationConfig: WhisperGenerationConfig;

  /** @param generationJson what generation_config.json holds @throws InvalidArgumentError for a configuration that does not fit */
  constructor(
    override readonly config: WhisperConfig,
    generator?: Generator,
    generationJson?: Config | null,
  ) {
    const settings = whisperSettings(config);
    const json = generationJson ?? fromModelConfig(settings, config);
    super(settings, settings.decoder_layers, json);
    this.#settings = settings;
    this.generationConfig = whisperGenerationConfig(json);
    this.model = new EncoderDecoder(new WhisperEncoder(settings, generator), new WhisperDecoder(settings, generator));
    const { d_model, vocab_size } = settings;
    this.proj_out = settings.tie_word_embeddings ? null : new Linear(d_model, vocab_size, { bias: false, generator });
    initialiseNormal(this, settings.init_std, generator);
    const positions = sinusoids(settings.max_source_positions, d_model);
    this.model.encoder.embed_positions.weight.assign(positions);
    positions.dispose();
  }

  /** Frames that {@link forward} and {@link generate} take. */
  get frames(): number {
    return this.model.encoder.frames;
  }

  /** @param x float32 [N, frames, mel bands] */
  protected override encode(x: tf.Tensor, lengths: readonly number[] | null): EncodedSounds {
    check(lengths === null, 'Whisper hears all frames: its feature extractor pads sound, and nothing is masked');
    return { hiddenStates: this.model.encoder.forward(x), mask: null };
  }

  protected override decode(
    tokens: tf.Tensor,
    states: tf.Tensor,
    _mask: tf.Tensor | null,
    cache: DecoderCache | null,
  ): readonly tf.Tensor[] {
    return this.model.decoder.forward(tokens, states, cache);
  }

  protected override logits(states: tf.Tensor): tf.Tensor {
    return tokenScores(states, this.proj_out, this.model.decoder.embed_tokens);
  }

  /**
   * Writes what is said in windows of {@link frames}, all of one batch in one language unless it is left to the model.
   *
   * @param features float32 [N, frames, mel bands]
   * @throws InvalidArgumentError for shapes, languages and tasks that do not fit
   */
  override async generate(
    features: tf.Tensor,
    options: WhisperGenerateOptions = {},
  ): Promise<generation.GenerationResult> {
    const config: WhisperGenerationConfig = { ...this.generationConfig, ...options.config };
    const start = this.#settings.decoder_start_token_id;
    const languages = await this.#languages(features, config, options);
    const prompts = languages.map((language) => promptTokens(config, start, options, language));
    const promptLength = prompts[0]!.length;
    const begin = timestampBegin(config);
    const eos = generation.tokenList(config.eosTokenId)[0] ?? 0;
    const rules =
      options.timestamps === true && begin !== null
        ? [timestampRules(begin, promptLength, eos, config.maxInitialTimestampIndex ?? null)]
        : [];
    check(
      options.timestamps !== true || begin !== null,
      'this checkpoint has no times: its generation_config.json has no no_timestamps_token_id',
    );
    const { max_target_positions } = this.#settings;
    // an open length is what the decoder's positions allow
    const maxLength = config.maxNewTokens == null ? (config.maxLength ?? max_target_positions) : null;
    return generation.generate(
      this.decoder(features),
      prompts,
      { ...config, maxLength },
      { ...options, processors: [...rules, ...(options.processors ?? [])] },
    );
  }

  /** The language of each sound, as a token. @param features float32 [N, frames, mel bands] */
  async detectLanguage(features: tf.Tensor): Promise<number[]> {
    const known = Object.values(this.generationConfig.langToId ?? {});
    check(known.length > 0, 'this checkpoint tells no languages apart: its generation_config.json has no lang_to_id');
    const allowed = new Set(known);
    const only: generation.LogitsProcessor = (_, scores) => {
      for (let token = 0; token < scores.length; token++) if (!allowed.has(token)) scores[token] = -Infinity;
    };
    const start = this.#settings.decoder_start_token_id;
    const prompts = Array.from({ length: features.shape[0]! }, () => [start]);
    const { sequences } = await generation.generate(
      this.decoder(features),
      prompts,
      { maxNewTokens: 1 },
      { processors: [only] },
    );
    return sequences.map((tokens) => tokens[1]!);
  }

  /**
   * Writes what is said in one sound of any length, window by window: each begins where the last time of the one before was.
   *
   * @param features float32 [1, any number of frames, mel bands]
   * @param options `secondsPerFrame` default 0.01
   */
  async transcribe(
    features: tf.Tensor,
    options: WhisperGenerateOptions & { readonly secondsPerFrame?: number } = {},
  ): Promise<WhisperSegment[]> {
    const { secondsPerFrame = 0.01 } = options;
    const begin = timestampBegin({ ...this.generationConfig, ...options.config });
    const timestamps = options.timestamps ?? begin !== null;
    check(
      features.rank === 3 && features.shape[0] === 1,
      () => `transcribe takes the features [1, frames, mel bands] of one sound, got [${features.shape.join(', ')}]`,
    );
    const total = features.shape[1]!;
    const ends = new Set(generation.tokenList(this.generationConfig.eosTokenId));
    const result: WhisperSegment[] = [];
    let language = options.language;
    for (let seek = 0; seek < total;) {
      const length = Math.min(this.frames, total - seek);
      const window = scope(() => {
        const part = tf.slice(features, [0, seek, 0], [1, length, -1]);
        return tf.pad(part, [
          [0, 0],
          [0, this.frames - length],
          [0, 0],
        ]);
      });
      try {
        language ??= await this.#languageName(window);
        const prompt = { ...options, timestamps, ...(language === undefined ? {} : { language }) };
        const { sequences } = await this.generate(window, prompt);
        const config = { ...this.generationConfig, ...options.config };
        const known = language === undefined ? null : languageToken(language, config);
        const promptLength = promptTokens(config, this.#settings.decoder_start_token_id, prompt, known).length;
        const tokens = sequences[0]!.slice(promptLength).filter((token) => !ends.has(token));
        const { segments, next } =
          timestamps && begin !== null
            ? cutSegments(tokens, begin, length, secondsPerFrame)
            : { segments: [{ start: 0, end: length * secondsPerFrame, tokens }], next: length };
        const offset = seek * secondsPerFrame;
        for (const { start, end, tokens: said } of segments)
          result.push({ start: offset + start, end: offset + end, tokens: said });
        // a window that ends where it began would be heard for ever
        seek += next > 0 ? next : length;
      } finally {
        window.dispose();
      }
    }
    return result;
  }

  /** A language token for each sound; null where the checkpoint knows no languages. */
  async #languages(
    features: tf.Tensor,
    config: WhisperGenerationConfig,
    { language }: WhisperPrompt,
  ): Promise<Array<number | null>> {
    const n = features.shape[0]!;
    if (language !== undefined) return Array.from({ length: n }, () => languageToken(language, config));
    const forced = config.forcedDecoderIds?.[0]?.[1] ?? null;
    const unknown = Object.keys(config.langToId ?? {}).length === 0 || forced !== null;
    return unknown ? Array.from({ length: n }, () => null) : this.detectLanguage(features);
  }

  async #languageName(features: tf.Tensor): Promise<string | undefined> {
    const { langToId } = this.generationConfig;
    if (langToId == null || Object.keys(langToId).length === 0) return undefined;
    const [token] = await this.detectLanguage(features);
    return Object.keys(langToId)
      .find((name) => langToId[name] === token)
      ?.replaceAll(/[<|>]/g, '');
  }

  /**
   * Loads a checkpoint in transformers' layout, with its generation_config.json: a folder, URL or hub id.
   *
   * @throws FileError, CheckpointError
   */
  static fromPretrained(source: string, options?: OpenOptions): Promise<WhisperForConditionalGeneration> {
    return loadPretrained(source, whisperFamilies, options);
  }
}

/** All sines before all cosines, the slowest of them 10000 times slower than the fastest. */
function sinusoids(length: number, channels: number): tf.Tensor {
  check(channels % 2 === 0, `Whisper's d_model must be even, got ${channels}`);
  const half = channels / 2;
  const values = new Float32Array(length * channels);
  for (let place = 0; place < length; place++) {
    for (let i = 0; i < half; i++) {
      const angle = place * 10000 ** (-i / (half - 1));
      values[place * channels + i] = Math.sin(angle);
      values[place * channels + half + i] = Math.cos(angle);
    }
  }
  return tf.tensor2d(values, [length, channels]);
}

/** What transformers takes from config.json where there is no generation_config.json. */
function fromModelConfig(settings: WhisperSettings, config: Config): Config {
  const { bos_token_id, eos_token_id, pad_token_id, decoder_start_token_id } = settings;
  const { suppress_tokens = null, begin_suppress_tokens = null } = config;
  return { bos_token_id, eos_token_id, pad_token_id, decoder_start_token_id, suppress_tokens, begin_suppress_tokens };
}

export const whisperFamilies: ReadonlyArray<ModelFamily<WhisperForConditionalGeneration>> = [
  transcribingFamily(
    'whisper',
    'proj_out',
    (config, json) => new WhisperForConditionalGeneration(config, undefined, json),
  ),
];
