import type * as tf from '@tensorflow/tfjs-core';
import {
  generation,
  loadPretrained,
  scope,
  type Config,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { TranscribingModel } from '../../recognition/transcribing-model.js';
import { PrenetDecoder, PrenetEncoder, speechT5Body, SpeechT5Model, type SpeechT5Body } from './body.js';
import { speechT5Settings, type SpeechT5Config, type SpeechT5Settings } from './config.js';
import { speechT5Family } from './families.js';
import { SpeechEncoderPrenet } from './speech-encoder-prenet.js';
import { TextDecoderPostnet, TextDecoderPrenet } from './text-nets.js';

export interface SpeechToTextOutputs {
  /** float32 [N, L, vocab_size], before the softmax. */
  readonly logits: tf.Tensor;
  /** What each layer was given, and last the result. */
  readonly encoderHiddenStates: readonly tf.Tensor[];
  readonly decoderHiddenStates: readonly tf.Tensor[];
}

/** Speech to text: SpeechT5 with the nets of speech before and those of text behind. */
export class SpeechT5ForSpeechToText extends TranscribingModel<SpeechT5Config> {
  protected override readonly modelType = 'speecht5';
  readonly speecht5: SpeechT5Model<SpeechEncoderPrenet, TextDecoderPrenet>;
  readonly text_decoder_postnet: TextDecoderPostnet;
  readonly #settings: SpeechT5Settings;

  /**
   * @param body the Transformer, where models of several tasks share it
   * @param generationJson what generation_config.json holds
   * @throws InvalidArgumentError for a configuration that no model can be made with
   */
  constructor(
    override readonly config: SpeechT5Config,
    generator?: Generator,
    body?: SpeechT5Body | null,
    generationJson?: Config | null,
  ) {
    const settings = speechT5Settings(config);
    super(settings, generationJson);
    const { encoder, decoder, nets = {} } = body ?? speechT5Body(settings, generator);
    this.speecht5 = new SpeechT5Model(
      new PrenetEncoder(nets.speechEncoderPrenet ?? new SpeechEncoderPrenet(settings, generator), encoder),
      new PrenetDecoder(nets.textDecoderPrenet ?? new TextDecoderPrenet(settings, generator), decoder),
    );
    this.text_decoder_postnet = nets.textDecoderPostnet ?? new TextDecoderPostnet(settings, generator);
    this.#settings = settings;
  }

  /**
   * @param x float32 [N, samples] @param tokens int32 [N, L]: what the decoder is given
   * @param lengths how many samples of each sound count; default all
   * @throws InvalidArgumentError for shapes and lengths that do not fit
   */
  forward(x: tf.Tensor, tokens: tf.Tensor, lengths: readonly number[] | null = null): SpeechToTextOutputs {
    const { encoder, decoder } = this.speecht5;
    return scope(() => {
      const { states, mask } = encoder.prenet.forward(x, lengths);
      const encoderHiddenStates = encoder.wrapped_encoder.forward(states, mask);
      const { hiddenStates } = decoder.wrapped_decoder.forward(decoder.prenet.forward(tokens), {
        encoderStates: encoderHiddenStates.at(-1)!,
        encoderMask: mask,
      });
      const logits = this.text_decoder_postnet.forward(hiddenStates.at(-1)!, decoder.prenet.embed_tokens);
      return { logits, encoderHiddenStates, decoderHiddenStates: hiddenStates };
    });
  }

  /** The decoder on these sounds, step by step. @param x float32 [N, samples] @param lengths samples of each that count; default all */
  override decoder(x: tf.Tensor, lengths: readonly number[] | null = null): generation.TokenDecoder {
    const { encoder, decoder } = this.speecht5;
    const context = scope(() => {
      const { states, mask } = encoder.prenet.forward(x, lengths);
      return { states: encoder.wrapped_encoder.forward(states, mask).at(-1)!, mask };
    });
    return new generation.CachedDecoder(this.#settings.decoder_layers, context, (tokens, cache, { states, mask }) => {
      const prepared = decoder.prenet.forward(tokens, cache.length);
      const call = { encoderStates: states, encoderMask: mask, cache };
      const { hiddenStates } = decoder.wrapped_decoder.forward(prepared, call);
      return this.text_decoder_postnet.forward(hiddenStates.at(-1)!, decoder.prenet.embed_tokens);
    });
  }

  /** Loads a checkpoint in transformers' layout: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<SpeechT5ForSpeechToText> {
    return loadPretrained(source, speechToTextFamilies, options);
  }
}

export const speechToTextFamilies: ReadonlyArray<ModelFamily<SpeechT5ForSpeechToText>> = [
  {
    ...speechT5Family((config) => new SpeechT5ForSpeechToText(config)),
    build: async ({ model_type: _modelType, ...config }, checkpoint) =>
      new SpeechT5ForSpeechToText(config, undefined, null, await checkpoint.readJson('generation_config.json')),
  },
];
