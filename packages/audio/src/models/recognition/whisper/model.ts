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
  progressed,
  scope,
  type Config,
  type DecoderCache,
  type Generator,
  type ModelFamily,
  type OpenOptions,
  type Watch,
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
import { compressionRatio, TokenProbabilities, type WhisperFallback } from './fallback.js';
import {
  languageToken,
  previousToken,
  promptTokens,
  whisperGenerationConfig,
  type WhisperGenerationConfig,
  type WhisperPrompt,
} from './prompt.js';
import { cutSegments, timestampBegin, timestampRules, type WhisperSegment } from './timestamps.js';

export interface WhisperGenerateOptions extends WhisperPrompt, generation.GenerateOptions {
  /** Instead of what the checkpoint's generation_config.json says. */
  readonly config?: WhisperGenerationConfig;
}

/** Progress is in frames. */
export interface WhisperTranscribeOptions extends WhisperGenerateOptions, WhisperFallback, Watch {
  /** Default 0.01. */
  readonly secondsPerFrame?: number;
  /** Tell each window what was said before, unless that was drawn at a temperature of 0.5 or above. Default false. */
  readonly conditionOnPrevTokens?: boolean;
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
    const config = this.#configOf(options);
    const languages = await this.#languages(features, config, options);
    const prompts = languages.map((language) => [
      ...(options.promptIds ?? []),
      ...promptTokens(config, this.#settings.decoder_start_token_id, options, language),
    ]);
    return this.#continue(features, prompts, config, options);
  }

  #configOf({ config }: WhisperGenerateOptions): WhisperGenerationConfig {
    return { ...this.generationConfig, ...config };
  }

  /** What follows the prompts, one for each sound. */
  #continue(
    features: tf.Tensor,
    prompts: ReadonlyArray<readonly number[]>,
    config: WhisperGenerationConfig,
    options: WhisperGenerateOptions,
  ): Promise<generation.GenerationResult> {
    const begin = timestampBegin(config);
    const eos = generation.tokenList(config.eosTokenId)[0] ?? 0;
    const rules =
      options.timestamps === true && begin !== null
        ? [timestampRules(begin, prompts[0]!.length, eos, config.maxInitialTimestampIndex ?? null)]
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
   * Writes what is said in one sound of any length, window by window: each begins where the last time of the one before was. What does not
   * keep the thresholds of {@link WhisperFallback} is written again at the next temperature.
   *
   * @param features float32 [1, any number of frames, mel bands]
   * @throws InvalidArgumentError as {@link generate}, and for several sounds
   */
  async transcribe(features: tf.Tensor, options: WhisperTranscribeOptions = {}): Promise<WhisperSegment[]> {
    const { secondsPerFrame = 0.01, promptIds = null, conditionOnPrevTokens = false } = options;
    const config = this.#configOf(options);
    const begin = timestampBegin(config);
    const call = { ...options, timestamps: options.timestamps ?? begin !== null };
    check(
      features.rank === 3 && features.shape[0] === 1,
      () => `transcribe takes the features [1, frames, mel bands] of one sound, got [${features.shape.join(', ')}]`,
    );
    const total = features.shape[1]!;
    const { decoder_start_token_id, max_target_positions } = this.#settings;
    const previous = previousToken(config);
    // half of the decoder's places are for what was said before
    const room = Math.floor(max_target_positions / 2) - 1;
    const said = (promptIds ?? []).slice(promptIds?.[0] === previous ? 1 : 0);
    let conditions = conditionOnPrevTokens;
    let begins: number[] | null = null;
    const result: WhisperSegment[] = [];
    for (let seek = 0; seek < total;) {
      const length = Math.min(this.frames, total - seek);
      const window = this.#window(features, seek, length);
      try {
        begins ??= promptTokens(
          config,
          decoder_start_token_id,
          call,
          (await this.#languages(window, config, options))[0]!,
        );
        const before =
          conditions && said.length > 0 ? [...(previous === null ? [] : [previous]), ...said.slice(-room)] : promptIds;
        const written = await this.#write(window, [...(before ?? []), ...begins], begins.length, config, call);
        conditions = conditionOnPrevTokens && written.temperature < 0.5;
        const { segments, next } = written.silent
          ? { segments: [], next: length }
          : call.timestamps && begin !== null
            ? cutSegments(written.tokens, begin, length, secondsPerFrame)
            : { segments: [{ start: 0, end: length * secondsPerFrame, tokens: written.tokens }], next: length };
        const offset = seek * secondsPerFrame;
        for (const { start, end, tokens } of segments) {
          result.push({ start: offset + start, end: offset + end, tokens });
          const double = tokens.length > 2 && begin !== null && tokens.at(-2)! >= begin;
          said.push(...(double ? tokens.slice(0, -1) : tokens));
        }
        // a window that ends where it began would be heard for ever
        seek += next > 0 ? next : length;
        await progressed(options, seek, total);
      } finally {
        window.dispose();
      }
    }
    return result;
  }

  /** `length` frames from `seek` on, with zeros behind. */
  #window(features: tf.Tensor, seek: number, length: number): tf.Tensor {
    return scope(() =>
      tf.pad(tf.slice(features, [0, seek, 0], [1, length, -1]), [
        [0, 0],
        [0, this.frames - length],
        [0, 0],
      ]),
    );
  }

  /**
   * What follows the prompt of one window, at the first temperature that keeps the thresholds.
   *
   * @param begins how much of the prompt is not from before
   */
  async #write(
    window: tf.Tensor,
    prompt: readonly number[],
    begins: number,
    config: WhisperGenerationConfig,
    options: WhisperTranscribeOptions,
  ): Promise<{ readonly tokens: number[]; readonly temperature: number; readonly silent: boolean }> {
    const { compressionRatioThreshold = null, logprobThreshold = null, noSpeechThreshold = null } = options;
    const temperatures = [options.temperature ?? 0].flat();
    check(temperatures.length > 0, 'transcribe: temperature is an empty list; give one at least');
    const ends = new Set(generation.tokenList(config.eosTokenId));
    let written = { tokens: [] as number[], temperature: 0, silent: false };
    for (const temperature of temperatures) {
      const probabilities = new TokenProbabilities();
      const drawn = temperature > 0 ? { doSample: true, temperature, numBeams: 1 } : { doSample: false };
      // with beams the search says how likely they are
      const follows = logprobThreshold !== null && (temperature > 0 || (config.numBeams ?? 1) === 1);
      const processors = [...(options.processors ?? []), ...(follows ? [probabilities.follow] : [])];
      const settings = { ...config, ...drawn };
      const { sequences, scores } = await this.#continue(window, [prompt], settings, { ...options, processors });
      const all = sequences[0]!.slice(prompt.length);
      const end = all.findIndex((token) => ends.has(token));
      const tokens = end < 0 ? all : all.slice(0, end);
      const withEnd = end < 0 ? all : all.slice(0, end + 1);
      const guessed = logprobThreshold !== null && (scores?.[0] ?? probabilities.mean(withEnd)) < logprobThreshold;
      if (guessed && noSpeechThreshold !== null) {
        const silence = await this.#silence(window, prompt, begins, config);
        if (silence > noSpeechThreshold) return { tokens: [], temperature, silent: true };
      }
      const repeats =
        compressionRatioThreshold !== null &&
        (await compressionRatio(withEnd, this.#settings.vocab_size)) > compressionRatioThreshold;
      written = { tokens, temperature, silent: false };
      if (!guessed && !repeats) break;
    }
    return written;
  }

  /** Probability that a window is silence, which the token before that of no times stands for. */
  async #silence(
    window: tf.Tensor,
    prompt: readonly number[],
    begins: number,
    { noTimestampsTokenId }: WhisperGenerationConfig,
  ): Promise<number> {
    if (noTimestampsTokenId == null) return 0;
    const start = prompt.length - begins;
    const probability = scope(() => {
      const { logits } = this.forward(window, tf.tensor2d([...prompt], [1, prompt.length], 'int32'));
      const scores = tf.slice(logits, [0, start, 0], [1, 1, -1]);
      return tf.slice(tf.softmax(scores), [0, 0, noTimestampsTokenId - 1], [1, 1, 1]);
    });
    const [value] = await probability.data();
    probability.dispose();
    return value!;
  }

  /** A language token for each sound; null where the checkpoint knows no languages. */
  async #languages(
    features: tf.Tensor,
    config: WhisperGenerationConfig,
    { language, task }: WhisperPrompt,
  ): Promise<Array<number | null>> {
    const n = features.shape[0]!;
    if (language !== undefined) return Array.from({ length: n }, () => languageToken(language, config));
    // a task puts aside what the checkpoint forces
    const forced = task === undefined ? (config.forcedDecoderIds?.[0]?.[1] ?? null) : null;
    const unknown = Object.keys(config.langToId ?? {}).length === 0 || forced !== null;
    return unknown ? Array.from({ length: n }, () => null) : this.detectLanguage(features);
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
