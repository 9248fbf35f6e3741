import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  loadPretrained,
  scope,
  type Generator,
  type ModelFamily,
  type Module,
  type OpenOptions,
} from '@hourglass/core';
import type { SpeechDecoderPostnet, SpeechPostnetResult } from '../postnet.js';
import { PrenetDecoder, PrenetEncoder, speechT5Body, SpeechT5Model, type SpeechT5Body } from './body.js';
import { speechT5Settings, type SpeechT5Config, type SpeechT5Settings } from './config.js';
import { speechT5Family } from './families.js';
import { generateSpeech, type GeneratedSpeech, type GenerateSpeechOptions } from './generate-speech.js';
import { speechPostnet } from './nets.js';
import { SpeechDecoderPrenet } from './speech-decoder-prenet.js';
import { SpeechEncoderPrenet } from './speech-encoder-prenet.js';
import { shiftSpectrogramsRight, spectrogramLoss } from './spectrogram-loss.js';
import { TextEncoderPrenet } from './text-nets.js';

export interface ToSpeechOutputs extends SpeechPostnetResult {
  /** What each layer was given, and last the result. */
  readonly encoderHiddenStates: readonly tf.Tensor[];
  readonly decoderHiddenStates: readonly tf.Tensor[];
  /** float32 [N, heads, steps, inputs] of each layer, where asked for. */
  readonly crossAttentions: readonly tf.Tensor[];
  /** [N, inputs]: which of the encoder's states count; null for all. */
  readonly inputMask: tf.Tensor | null;
}

interface Encoded {
  readonly encoderHiddenStates: readonly tf.Tensor[];
  readonly mask: tf.Tensor | null;
}

export interface ToSpeechCall {
  /** float32 [N or 1, speaker_embedding_dim]: who speaks. */
  readonly speakers?: tf.Tensor | null;
  /** Return cross-attention, which guided attention looks at. Default as the configuration says. */
  readonly needWeights?: boolean;
}

/** What models that make speech share. */
abstract class SpeechT5ToSpeech<P extends Module> extends ConfiguredModel<SpeechT5Config> {
  protected override readonly modelType = 'speecht5';
  readonly speecht5: SpeechT5Model<P, SpeechDecoderPrenet>;
  readonly speech_decoder_postnet: SpeechDecoderPostnet;
  protected readonly settings: SpeechT5Settings;

  constructor(
    override readonly config: SpeechT5Config,
    prenet: (settings: SpeechT5Settings) => P,
    generator?: Generator,
    body?: SpeechT5Body,
  ) {
    super();
    const settings = speechT5Settings(config);
    const { encoder, decoder, nets = {} } = body ?? speechT5Body(settings, generator);
    this.speecht5 = new SpeechT5Model(
      new PrenetEncoder(prenet(settings), encoder),
      new PrenetDecoder(nets.speechDecoderPrenet ?? new SpeechDecoderPrenet(settings, generator), decoder),
    );
    this.speech_decoder_postnet = nets.speechDecoderPostnet ?? speechPostnet(settings, generator);
    this.settings = settings;
  }

  protected decode({ encoderHiddenStates, mask }: Encoded, frames: tf.Tensor, call: ToSpeechCall): ToSpeechOutputs {
    const { prenet, wrapped_decoder } = this.speecht5.decoder;
    const { speakers = null, needWeights = this.settings.use_guided_attention_loss } = call;
    const { hiddenStates, crossAttentions } = wrapped_decoder.forward(prenet.forward(frames, speakers), {
      encoderStates: encoderHiddenStates.at(-1)!,
      encoderMask: mask,
      needWeights,
    });
    return {
      ...this.speech_decoder_postnet.forward(hiddenStates.at(-1)!),
      encoderHiddenStates,
      decoderHiddenStates: hiddenStates,
      crossAttentions,
      inputMask: mask,
    };
  }

  /**
   * What the decoder is given for target frames float32 [N, frames, num_mel_bins], -100 where nothing counts.
   *
   * @throws InvalidArgumentError for frames that do not divide into steps
   */
  decoderInputs(labels: tf.Tensor): tf.Tensor {
    const { reduction_factor } = this.settings;
    check(
      labels.rank === 3 && labels.shape[1]! % reduction_factor === 0,
      () =>
        `target frames [batch, frames, mels] must divide into steps of ${reduction_factor}, got [${labels.shape.join(', ')}]; pad them with -100`,
    );
    return shiftSpectrogramsRight(labels, reduction_factor);
  }

  /** Distance of spectrograms, where they end, and guided attention where the configuration says so. @returns scalar */
  loss(outputs: ToSpeechOutputs, labels: tf.Tensor): tf.Tensor {
    return spectrogramLoss(this.settings, outputs, labels, outputs.crossAttentions, outputs.inputMask);
  }

  protected generateFrom(encode: () => Encoded, options: GenerateSpeechOptions): Promise<GeneratedSpeech> {
    const encoded = scope(() => {
      const { encoderHiddenStates, mask } = encode();
      return { states: encoderHiddenStates.at(-1)!, mask: mask === null ? null : tf.clone(mask) };
    });
    return generateSpeech(this.settings, this.speecht5.decoder, this.speech_decoder_postnet, encoded, options);
  }
}

/** Text to speech: SpeechT5 with the nets of text before and those of speech behind. */
export class SpeechT5ForTextToSpeech extends SpeechT5ToSpeech<TextEncoderPrenet> {
  /** @param body the Transformer, where models of several tasks share it */
  constructor(config: SpeechT5Config, generator?: Generator, body?: SpeechT5Body) {
    const prenet = (settings: SpeechT5Settings): TextEncoderPrenet =>
      body?.nets?.textEncoderPrenet ?? new TextEncoderPrenet(settings, generator);
    super(config, prenet, generator, body);
  }

  /**
   * @param tokens int32 [N, L] @param frames float32 [N, steps, num_mel_bins]: what the decoder is given, see {@link decoderInputs}
   * @param call `mask` [N, L]: which tokens count; default all
   * @throws InvalidArgumentError for shapes that do not fit
   */
  forward(
    tokens: tf.Tensor,
    frames: tf.Tensor,
    call: ToSpeechCall & { readonly mask?: tf.Tensor | null } = {},
  ): ToSpeechOutputs {
    return scope(() => this.decode(this.#encode(tokens, call.mask ?? null), frames, call));
  }

  #encode(tokens: tf.Tensor, mask: tf.Tensor | null): Encoded {
    const { prenet, wrapped_encoder } = this.speecht5.encoder;
    return { encoderHiddenStates: wrapped_encoder.forward(prenet.forward(tokens), mask), mask };
  }

  /**
   * Speaks. Different each time as long as the prenet drops units; see SpeechDecoderPrenet.
   *
   * @param tokens int32 [N, L]; padding does not count unless `mask` says otherwise
   */
  generateSpeech(
    tokens: tf.Tensor,
    options: GenerateSpeechOptions & { readonly mask?: tf.Tensor | null } = {},
  ): Promise<GeneratedSpeech> {
    return this.generateFrom(() => {
      const mask = options.mask ?? tf.cast(tf.notEqual(tokens, this.settings.pad_token_id), 'int32');
      return this.#encode(tokens, mask);
    }, options);
  }

  /** Loads a checkpoint in transformers' layout: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<SpeechT5ForTextToSpeech> {
    return loadPretrained(source, textToSpeechFamilies, options);
  }
}

/** Speech to speech, as in the conversion of voices: SpeechT5 with the nets of speech before and behind. */
export class SpeechT5ForSpeechToSpeech extends SpeechT5ToSpeech<SpeechEncoderPrenet> {
  /** @param body the Transformer, where models of several tasks share it */
  constructor(config: SpeechT5Config, generator?: Generator, body?: SpeechT5Body) {
    const prenet = (settings: SpeechT5Settings): SpeechEncoderPrenet =>
      body?.nets?.speechEncoderPrenet ?? new SpeechEncoderPrenet(settings, generator);
    super(config, prenet, generator, body);
  }

  /**
   * @param x float32 [N, samples] @param frames float32 [N, steps, num_mel_bins]: what the decoder is given, see {@link decoderInputs}
   * @param call `lengths`: how many samples of each sound count; default all
   * @throws InvalidArgumentError for shapes and lengths that do not fit
   */
  forward(
    x: tf.Tensor,
    frames: tf.Tensor,
    call: ToSpeechCall & { readonly lengths?: readonly number[] | null } = {},
  ): ToSpeechOutputs {
    return scope(() => this.decode(this.#encode(x, call.lengths ?? null), frames, call));
  }

  #encode(x: tf.Tensor, lengths: readonly number[] | null): Encoded {
    const { prenet, wrapped_encoder } = this.speecht5.encoder;
    const { states, mask } = prenet.forward(x, lengths);
    return { encoderHiddenStates: wrapped_encoder.forward(states, mask), mask };
  }

  /** Speaks what was heard, by another speaker. @param x float32 [N, samples] */
  generateSpeech(
    x: tf.Tensor,
    options: GenerateSpeechOptions & { readonly lengths?: readonly number[] | null } = {},
  ): Promise<GeneratedSpeech> {
    return this.generateFrom(() => this.#encode(x, options.lengths ?? null), options);
  }

  /** Loads a checkpoint in transformers' layout: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<SpeechT5ForSpeechToSpeech> {
    return loadPretrained(source, speechToSpeechFamilies, options);
  }
}

export const textToSpeechFamilies: ReadonlyArray<ModelFamily<SpeechT5ForTextToSpeech>> = [
  speechT5Family((config) => new SpeechT5ForTextToSpeech(config)),
];

export const speechToSpeechFamilies: ReadonlyArray<ModelFamily<SpeechT5ForSpeechToSpeech>> = [
  speechT5Family((config) => new SpeechT5ForSpeechToSpeech(config)),
];
