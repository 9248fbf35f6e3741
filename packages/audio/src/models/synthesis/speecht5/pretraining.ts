import * as tf from '@tensorflow/tfjs-core';
import {
  ConfiguredModel,
  initialiseNormal,
  Linear,
  loadPretrained,
  losses,
  ownFamily,
  scope,
  shiftTokensRight,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { PrenetDecoder, PrenetEncoder, speechT5Body, type SpeechT5Body } from './body.js';
import { CodeMixer, type MixedStates } from './code-mixer.js';
import { speechT5Settings, type SpeechT5Config, type SpeechT5Settings } from './config.js';
import { speechT5Nets, type SpeechT5Nets } from './nets.js';
import { shiftSpectrogramsRight, spectrogramLoss } from './spectrogram-loss.js';

/** What pre-training needs besides. */
export type SpeechT5PreTrainingConfig = SpeechT5Config & {
  /** Kinds of hidden units that masked frames are told apart by, as k-means of acoustic features gives them (HuBERT). */
  readonly units: number;
  /** Codes that speech and text share. Default 100. */
  readonly codes?: number;
  /** Share of the encoder's states that codes replace. Default 0.1. */
  readonly mix_probability?: number;
  /** Weight of the codes' diversity. Default 0.1. */
  readonly diversity_weight?: number;
};

/** Speech without a transcript. */
export interface UnlabelledSpeech {
  /** float32 [N, samples] */
  readonly x: tf.Tensor;
  /** How many samples of each sound count. Default all. */
  readonly lengths?: readonly number[] | null;
  /** Bool [N, frames]: the encoder's frames that are hidden from it. */
  readonly hidden: tf.Tensor;
  /** int32 [N, frames]: the unit of each hidden frame, -100 for others. */
  readonly units: tf.Tensor;
  /** float32 [N, frames, num_mel_bins]: the spectrogram, -100 behind an end. */
  readonly spectrogram: tf.Tensor;
  /** float32 [N or 1, speaker_embedding_dim] */
  readonly speakers?: tf.Tensor | null;
}

/** Text alone, as what it was before noise. */
export interface UnlabelledText {
  /** int32 [N, L]: with noise, see textInfilling of core. */
  readonly noisy: tf.Tensor;
  /** [N, L]: which of them count. Default all. */
  readonly mask?: tf.Tensor | null;
  /** int32 [N, M]: without noise, -100 behind an end. */
  readonly labels: tf.Tensor;
}

/** The parts of a loss, and what was mixed. */
export interface PreTrainingLoss {
  /** Scalar: all parts, weighed. */
  readonly loss: tf.Tensor;
  /** Scalars by name. */
  readonly parts: Readonly<Record<string, tf.Tensor>>;
  readonly mixed: MixedStates;
}

/**
 * SpeechT5 before it knows a task (Ao et al. 2021, arXiv:2110.07205): one body learns of speech to tell the units of hidden frames and to
 * make the spectrogram again, and of text to undo noise; codes shared by both stand in for some of the encoder's states.
 */
export class SpeechT5ForPreTraining extends ConfiguredModel<SpeechT5PreTrainingConfig> {
  protected override readonly modelType = modelType;
  readonly speech_encoder: PrenetEncoder<SpeechT5Nets['speechEncoderPrenet']>;
  readonly text_encoder: PrenetEncoder<SpeechT5Nets['textEncoderPrenet']>;
  readonly speech_decoder: PrenetDecoder<SpeechT5Nets['speechDecoderPrenet']>;
  readonly text_decoder: PrenetDecoder<SpeechT5Nets['textDecoderPrenet']>;
  readonly speech_decoder_postnet: SpeechT5Nets['speechDecoderPostnet'];
  readonly text_decoder_postnet: SpeechT5Nets['textDecoderPostnet'];
  readonly unit_head: Linear;
  readonly mixer: CodeMixer;
  readonly #settings: SpeechT5Settings;
  readonly #diversity: number;

  constructor(
    override readonly config: SpeechT5PreTrainingConfig,
    generator?: Generator,
  ) {
    super();
    const { units, codes = 100, mix_probability = 0.1, diversity_weight = 0.1 } = config;
    const settings = speechT5Settings({ ...config, apply_spec_augment: true });
    const { encoder, decoder } = speechT5Body(settings, generator);
    const nets = speechT5Nets(settings, generator);
    this.speech_encoder = new PrenetEncoder(nets.speechEncoderPrenet, encoder);
    this.text_encoder = new PrenetEncoder(nets.textEncoderPrenet, encoder);
    this.speech_decoder = new PrenetDecoder(nets.speechDecoderPrenet, decoder);
    this.text_decoder = new PrenetDecoder(nets.textDecoderPrenet, decoder);
    this.speech_decoder_postnet = nets.speechDecoderPostnet;
    this.text_decoder_postnet = nets.textDecoderPostnet;
    this.unit_head = new Linear(settings.hidden_size, units, { generator });
    initialiseNormal(this.unit_head, settings.initializer_range, generator);
    this.mixer = new CodeMixer(codes, settings.hidden_size, mix_probability, generator);
    this.#settings = settings;
    this.#diversity = diversity_weight;
  }

  /** What models of tasks take over: body and nets, the same objects. */
  get body(): Required<SpeechT5Body> {
    return {
      encoder: this.speech_encoder.wrapped_encoder,
      decoder: this.speech_decoder.wrapped_decoder,
      nets: {
        speechEncoderPrenet: this.speech_encoder.prenet,
        textEncoderPrenet: this.text_encoder.prenet,
        speechDecoderPrenet: this.speech_decoder.prenet,
        textDecoderPrenet: this.text_decoder.prenet,
        speechDecoderPostnet: this.speech_decoder_postnet,
        textDecoderPostnet: this.text_decoder_postnet,
      },
    };
  }

  /** Units of hidden frames, and the spectrogram made again. @throws InvalidArgumentError for shapes that do not fit */
  speech({ x, lengths = null, hidden, units, spectrogram, speakers = null }: UnlabelledSpeech): PreTrainingLoss {
    return scope(() => {
      const { prenet, wrapped_encoder } = this.speech_encoder;
      const { states, mask } = prenet.forward(x, lengths, hidden);
      const encoded = wrapped_encoder.forward(states, mask).at(-1)!;
      const masked = losses.crossEntropy(this.unit_head.forward(encoded), units);
      const mixed = this.mixer.forward(encoded, mask);
      const frames = shiftSpectrogramsRight(spectrogram, this.#settings.reduction_factor);
      const { hiddenStates } = this.speech_decoder.wrapped_decoder.forward(
        this.speech_decoder.prenet.forward(frames, speakers),
        { encoderStates: mixed.states, encoderMask: mask },
      );
      const made = this.speech_decoder_postnet.forward(hiddenStates.at(-1)!);
      return this.#total({ masked, rebuilt: spectrogramLoss(this.#settings, made, spectrogram, [], null) }, mixed);
    });
  }

  /** Text without its noise. @throws InvalidArgumentError for shapes that do not fit */
  text({ noisy, mask = null, labels }: UnlabelledText): PreTrainingLoss {
    return scope(() => {
      const { prenet, wrapped_encoder } = this.text_encoder;
      const encoded = wrapped_encoder.forward(prenet.forward(noisy), mask).at(-1)!;
      const mixed = this.mixer.forward(encoded, mask);
      const { decoder_start_token_id, pad_token_id } = this.#settings;
      const inputs = shiftTokensRight(labels, pad_token_id, decoder_start_token_id);
      const { hiddenStates } = this.text_decoder.wrapped_decoder.forward(this.text_decoder.prenet.forward(inputs), {
        encoderStates: mixed.states,
        encoderMask: mask,
      });
      const { embed_tokens } = this.text_decoder.prenet;
      const logits = this.text_decoder_postnet.forward(hiddenStates.at(-1)!, embed_tokens);
      return this.#total({ denoised: losses.crossEntropy(logits, labels) }, mixed);
    });
  }

  #total(parts: Record<string, tf.Tensor>, mixed: MixedStates): PreTrainingLoss {
    const { penalty, diversity } = mixed;
    const all = [...Object.values(parts), penalty, tf.mul(diversity, this.#diversity)];
    return { loss: tf.addN(all), parts: { ...parts, penalty, diversity }, mixed };
  }

  /** Loads what `savePretrained` wrote: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<SpeechT5ForPreTraining> {
    return loadPretrained(source, speechT5PreTrainingFamilies, options);
  }
}

const modelType = 'hourglass-speecht5-pretraining';

/** Kinds of checkpoint that {@link SpeechT5ForPreTraining.fromPretrained} reads. */
export const speechT5PreTrainingFamilies: ReadonlyArray<ModelFamily<SpeechT5ForPreTraining>> = [
  ownFamily(modelType, (config: SpeechT5PreTrainingConfig) => new SpeechT5ForPreTraining(config)),
];
