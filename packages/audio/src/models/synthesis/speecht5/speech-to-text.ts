import type * as tf from '@tensorflow/tfjs-core';
import {
  loadPretrained,
  type Config,
  type DecoderCache,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { TranscribingModel, type EncodedSounds } from '../../recognition/transcribing-model.js';
import { PrenetDecoder, PrenetEncoder, speechT5Body, SpeechT5Model, type SpeechT5Body } from './body.js';
import { speechT5Settings, type SpeechT5Config } from './config.js';
import { speechT5Family } from './families.js';
import { SpeechEncoderPrenet } from './speech-encoder-prenet.js';
import { TextDecoderPostnet, TextDecoderPrenet } from './text-nets.js';

/** Speech to text: SpeechT5 with the nets of speech before and those of text behind. */
export class SpeechT5ForSpeechToText extends TranscribingModel<SpeechT5Config> {
  protected override readonly modelType = 'speecht5';
  readonly speecht5: SpeechT5Model<SpeechEncoderPrenet, TextDecoderPrenet>;
  readonly text_decoder_postnet: TextDecoderPostnet;

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
    super(settings, settings.decoder_layers, generationJson);
    const { encoder, decoder, nets = {} } = body ?? speechT5Body(settings, generator);
    this.speecht5 = new SpeechT5Model(
      new PrenetEncoder(nets.speechEncoderPrenet ?? new SpeechEncoderPrenet(settings, generator), encoder),
      new PrenetDecoder(nets.textDecoderPrenet ?? new TextDecoderPrenet(settings, generator), decoder),
    );
    this.text_decoder_postnet = nets.textDecoderPostnet ?? new TextDecoderPostnet(settings, generator);
  }

  /** @param x float32 [N, samples] @param lengths in samples */
  protected override encode(x: tf.Tensor, lengths: readonly number[] | null): EncodedSounds {
    const { prenet, wrapped_encoder } = this.speecht5.encoder;
    const { states, mask } = prenet.forward(x, lengths);
    return { hiddenStates: wrapped_encoder.forward(states, mask), mask };
  }

  protected override decode(
    tokens: tf.Tensor,
    states: tf.Tensor,
    mask: tf.Tensor | null,
    cache: DecoderCache | null,
  ): readonly tf.Tensor[] {
    const { prenet, wrapped_decoder } = this.speecht5.decoder;
    const prepared = prenet.forward(tokens, cache?.length ?? 0);
    return wrapped_decoder.forward(prepared, { encoderStates: states, encoderMask: mask, cache }).hiddenStates;
  }

  protected override logits(states: tf.Tensor): tf.Tensor {
    return this.text_decoder_postnet.forward(states, this.speecht5.decoder.prenet.embed_tokens);
  }

  /** Loads a checkpoint in transformers' layout: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<SpeechT5ForSpeechToText> {
    return loadPretrained(source, speechToTextFamilies, options);
  }
}

export const speechToTextFamilies: ReadonlyArray<ModelFamily<SpeechT5ForSpeechToText>> = [
  {
    ...speechT5Family((config) => new SpeechT5ForSpeechToText(config)),
    async build({ model_type: _modelType, ...config }, checkpoint) {
      const json = await checkpoint.readJson('generation_config.json');
      return () => new SpeechT5ForSpeechToText(config, undefined, null, json);
    },
  },
];
