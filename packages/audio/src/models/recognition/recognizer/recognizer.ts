import * as tf from '@tensorflow/tfjs-core';
import {
  CheckpointError,
  loadPretrained,
  losses,
  Module,
  ownFamily,
  savePretrained,
  scope,
  type Config,
  type Generator,
  type DirectFamily,
  type ModelFamily,
  type OpenOptions,
  type RenameRule,
  type SaveOptions,
} from '@hourglass/core';
import { standardise } from '../../../features/feature-extractor.js';
import { headFamily } from '../wav2vec2/families.js';
import { HubertForCTC, Wav2Vec2ConformerForCTC, Wav2Vec2ForCTC, WavLMForCTC } from '../wav2vec2/index.js';
import { CtcNetwork, ctcModelType, type CtcNetworkConfig } from './ctc-network.js';
import { CharacterVocabulary } from './vocabulary.js';

/** What scores tokens for frames of sound: {@link CtcNetwork}, {@link Wav2Vec2ForCTC}, {@link HubertForCTC}. */
export interface AcousticModel extends Module {
  /** Fewest samples that make a frame. */
  readonly leastSamples: number;
  frames(samples: number): number;
  forward(x: tf.Tensor, call: { readonly lengths?: readonly number[] | null }): { readonly logits: tf.Tensor };
  checkpointConfig(): Config;
}

/** How sound comes to the model: the part that matters of the hub's `preprocessor_config.json`. */
export interface SoundPreprocessing {
  /** Hertz. */
  readonly sampling_rate: number;
  /** Mean 0 and variance 1 for each sound. Default true. */
  readonly do_normalize?: boolean;
  /** Tell the model where padding begins. Models whose first layer normalises over time were trained without. Default true. */
  readonly return_attention_mask?: boolean;
}

/** Sounds side by side, with what was said. */
export interface SpeechBatch {
  /** float32 [N, samples], prepared, with zeros behind the shorter ones. */
  readonly samples: tf.Tensor;
  readonly lengths: readonly number[];
  /** Tokens of each transcript. */
  readonly labels: readonly (readonly number[])[];
}

/** Reads speech: an acoustic model with the characters it writes and the sound it takes. */
export class SpeechRecognizer extends Module {
  readonly net: AcousticModel;
  readonly #vocabulary: CharacterVocabulary;
  readonly #preprocessing: Required<SoundPreprocessing>;

  constructor(net: AcousticModel, vocabulary: CharacterVocabulary, preprocessing: SoundPreprocessing) {
    super();
    this.net = net;
    this.#vocabulary = vocabulary;
    this.#preprocessing = { do_normalize: true, return_attention_mask: true, ...preprocessing };
  }

  /** A new one for this vocabulary, with a {@link CtcNetwork}. */
  static create(
    config: Omit<CtcNetworkConfig, 'vocabSize'>,
    vocabulary: CharacterVocabulary,
    generator?: Generator,
  ): SpeechRecognizer {
    const net = new CtcNetwork({ ...config, vocabSize: vocabulary.size }, generator);
    return new SpeechRecognizer(net, vocabulary, { sampling_rate: config.sampleRate });
  }

  get vocabulary(): CharacterVocabulary {
    return this.#vocabulary;
  }

  get preprocessing(): Required<SoundPreprocessing> {
    return this.#preprocessing;
  }

  /** What config.json says of the acoustic model. */
  get config(): Config {
    return this.net.checkpointConfig();
  }

  /** Hertz of the sound that it takes. */
  get sampleRate(): number {
    return this.#preprocessing.sampling_rate;
  }

  /** Samples of one sound as the model takes them; sounds too short for a frame with silence behind. */
  prepare(samples: Float32Array): Float32Array {
    const { do_normalize } = this.#preprocessing;
    const values = do_normalize ? standardise(samples, samples.length, 0) : samples;
    const least = this.net.leastSamples;
    if (values.length >= least) return values;
    const padded = new Float32Array(least);
    padded.set(values);
    return padded;
  }

  /** Frames of scores for so many samples. */
  frames(samples: number): number {
    return this.net.frames(samples);
  }

  /** float32 [N, frames, tokens]: log probabilities of the tokens. */
  forward({ samples, lengths }: Pick<SpeechBatch, 'samples' | 'lengths'>): tf.Tensor {
    return scope(() => {
      const { logits } = this.net.forward(samples, this.#preprocessing.return_attention_mask ? { lengths } : {});
      return tf.logSoftmax(logits);
    });
  }

  /**
   * The CTC loss for each character, averaged. Transcripts that have more characters than the sound has frames count for nothing.
   *
   * @param logProbabilities as {@link forward} gives them
   */
  loss(logProbabilities: tf.Tensor, { lengths, labels }: Omit<SpeechBatch, 'samples'>): tf.Tensor {
    return losses.ctc(
      tf.transpose(logProbabilities, [1, 0, 2]),
      labels.flat(),
      lengths.map((count) => this.frames(count)),
      labels.map((tokens) => tokens.length),
      { blank: this.#vocabulary.blank, zeroInfinity: true },
    );
  }

  /** How it is saved: config.json with vocab.json, tokenizer_config.json and preprocessor_config.json, as on the hub. */
  get saveOptions(): Omit<SaveOptions, 'files'> {
    return {
      config: this.config,
      rename,
      json: {
        'vocab.json': this.#vocabulary.toJSON(),
        'tokenizer_config.json': {
          tokenizer_class: 'Wav2Vec2CTCTokenizer',
          pad_token: this.#vocabulary.tokens[this.#vocabulary.blank],
          unk_token: '<unk>',
          word_delimiter_token: '|',
          // without these the tokenizer adds its own
          bos_token: null,
          eos_token: null,
        },
        'preprocessor_config.json': {
          feature_extractor_type: 'Wav2Vec2FeatureExtractor',
          feature_size: 1,
          padding_side: 'right',
          padding_value: 0,
          ...this.#preprocessing,
        },
      },
    };
  }

  /** @throws FileError */
  savePretrained(folder: string): Promise<void> {
    return savePretrained(this, folder, this.saveOptions);
  }

  /**
   * Loads what {@link savePretrained} wrote, or a checkpoint of wav2vec 2.0 or HuBERT with a CTC head and a `vocab.json`.
   *
   * @throws FileError, CheckpointError
   */
  static fromPretrained(source: string, options?: OpenOptions): Promise<SpeechRecognizer> {
    return loadPretrained(source, recognizerFamilies, options);
  }
}

/** Checkpoints hold the acoustic model alone; older ones name the parts of a normed weight otherwise. */
const rename: readonly RenameRule[] = [
  { toOurs: [/^(.*)\.weight_g$/, 'net.$1.parametrizations.weight.original0'], toReference: [/(?!)/, ''] },
  { toOurs: [/^(.*)\.weight_v$/, 'net.$1.parametrizations.weight.original1'], toReference: [/(?!)/, ''] },
  ['', 'net.'],
];

type Inner = Pick<DirectFamily<AcousticModel>, 'modelType' | 'matches' | 'build' | 'ignore'>;

/** The acoustic model with what stands beside config.json. */
function recognizer({ modelType, matches, build, ignore }: Inner): ModelFamily<SpeechRecognizer> {
  return {
    modelType,
    matches,
    rename,
    ...(ignore && { ignore }),
    async build(config, checkpoint) {
      const { where } = checkpoint;
      const vocab = await checkpoint.readJson('vocab.json');
      const sound = await checkpoint.readJson('preprocessor_config.json');
      if (vocab === null) throw new CheckpointError(`${where}: has no vocab.json with the characters that it writes`);
      const blank = config['pad_token_id'];
      const vocabulary = CharacterVocabulary.fromJSON(vocab, where, typeof blank === 'number' ? blank : undefined);
      const { sampling_rate = 16000, ...rest } = (sound ?? {}) as Partial<SoundPreprocessing>;
      // what the hub's feature extractor has by default
      const { do_normalize = true, return_attention_mask = false } = rest;
      const preprocessing = { sampling_rate, do_normalize, return_attention_mask };
      return () => new SpeechRecognizer(build(config, checkpoint), vocabulary, preprocessing);
    },
  };
}

/** Kinds of checkpoint that {@link SpeechRecognizer.fromPretrained} reads. */
export const recognizerFamilies: ReadonlyArray<ModelFamily<SpeechRecognizer>> = [
  recognizer(ownFamily(ctcModelType, (config: CtcNetworkConfig): AcousticModel => new CtcNetwork(config))),
  recognizer(headFamily('wav2vec2', (config): AcousticModel => new Wav2Vec2ForCTC(config))),
  recognizer(headFamily('hubert', (config): AcousticModel => new HubertForCTC(config))),
  recognizer(headFamily('wavlm', (config): AcousticModel => new WavLMForCTC(config))),
  recognizer(headFamily('wav2vec2-conformer', (config): AcousticModel => new Wav2Vec2ConformerForCTC(config))),
];
