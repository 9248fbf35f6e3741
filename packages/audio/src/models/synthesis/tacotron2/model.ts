/**
 * Tacotron 2: "Natural TTS Synthesis by Conditioning WaveNet on Mel Spectrogram Predictions", Shen et al. 2018, arXiv:1712.05884, as
 * `torchaudio.models.Tacotron2` has it (BSD-2-Clause, after NVIDIA's, BSD-3-Clause), whose parameter names and checkpoints it takes.
 * Written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  Embedding,
  init,
  loadPretrained,
  losses,
  ownFamily,
  scope,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { lengthsOf, paddingMask } from '../../recognition/lengths.js';
import { torchaudioFamily } from '../../torchaudio.js';
import { tacotron2Options, tacotron2Settings, type Tacotron2Config, type Tacotron2Settings } from './config.js';
import { Tacotron2Decoder, type Tacotron2Frames } from './decoder.js';
import { Tacotron2Encoder, Tacotron2Postnet } from './nets.js';

export interface Tacotron2Outputs extends Tacotron2Frames {
  /** float32 [N, frames, mels], refined. */
  readonly melPostnet: tf.Tensor;
}

export interface Tacotron2Speech {
  /** float32 [N, frames, mels], refined. */
  readonly mel: tf.Tensor;
  /** Frames of each that count. */
  readonly lengths: number[];
  /** float32 [N, frames, L] */
  readonly alignments: tf.Tensor;
  /** There were as many frames as may be, so that the text may not be over. */
  readonly exhausted: boolean;
}

/** Symbols of text to spectrograms. */
export class Tacotron2 extends ConfiguredModel<Tacotron2Config> {
  protected override readonly modelType = modelType;
  readonly embedding: Embedding;
  readonly encoder: Tacotron2Encoder;
  readonly decoder: Tacotron2Decoder;
  readonly postnet: Tacotron2Postnet;
  readonly #settings: Tacotron2Settings;

  /** @throws InvalidArgumentError, UnsupportedError for a configuration that no model can be made with */
  constructor(
    override readonly config: Tacotron2Config = {},
    generator?: Generator,
  ) {
    super();
    const settings = tacotron2Settings(config);
    this.embedding = new Embedding(settings.nSymbol, settings.symbolEmbeddingDim, { generator });
    init.xavierUniform(this.embedding.weight, { generator });
    this.encoder = new Tacotron2Encoder(settings, generator);
    this.decoder = new Tacotron2Decoder(settings, generator);
    this.postnet = new Tacotron2Postnet(settings, generator);
    this.#settings = settings;
  }

  /** Probability at which the prenet drops units, in evaluation too. Default 0.5; 0 speaks the same way each time. */
  get prenetDropout(): number {
    return this.decoder.prenet.dropout;
  }

  set prenetDropout(p: number) {
    check(p >= 0 && p < 1, () => `the prenet's dropout must lie in [0, 1), got ${p}`);
    this.decoder.prenet.dropout = p;
  }

  /**
   * With given frames before each, as in training.
   *
   * @param tokens int32 [N, L] @param mel float32 [N, frames, mels]
   * @param tokenLengths symbols of each that count; default L @param melLengths frames of each; default all
   * @throws InvalidArgumentError for shapes and lengths that do not fit
   */
  forward(
    tokens: tf.Tensor,
    mel: tf.Tensor,
    tokenLengths?: losses.Integers,
    melLengths?: losses.Integers,
  ): Tacotron2Outputs {
    const { nMels, maskPadding } = this.#settings;
    check(
      mel.rank === 3 && mel.shape[2] === nMels && mel.shape[0] === tokens.shape[0],
      () =>
        `Tacotron2 takes frames [batch, frames, ${nMels}] for tokens [${tokens.shape.join(', ')}], got [${mel.shape.join(', ')}]`,
    );
    return scope(() => {
      const { memory, lengths } = this.#encode(tokens, tokenLengths);
      const frames = this.decoder.forward(memory, lengths, mel);
      const melPostnet = tf.add(frames.mel, this.postnet.forward(frames.mel));
      const [n, count] = mel.shape as [number, number];
      const padding = maskPadding ? paddingMask(lengthsOf('Tacotron2', melLengths, n, count), count) : null;
      if (padding === null) return { ...frames, melPostnet };
      const silent = (x: tf.Tensor): tf.Tensor => tf.where(tf.expandDims(padding, -1), tf.zerosLike(x), x);
      return {
        mel: silent(frames.mel),
        melPostnet: silent(melPostnet),
        gate: tf.where(padding, tf.fill(padding.shape, 1e3), frames.gate),
        alignments: frames.alignments,
      };
    });
  }

  /**
   * Squared distance of the frames before and after refinement, and cross entropy of where speech ends.
   *
   * @param mel float32 [N, frames, mels] @param melLengths frames of each that count; default all
   */
  loss(outputs: Tacotron2Outputs, mel: tf.Tensor, melLengths?: losses.Integers): tf.Tensor {
    return scope(() => {
      const [n, frames] = mel.shape as [number, number];
      const lengths = lengthsOf('Tacotron2', melLengths, n, frames);
      const ends = lengths.flatMap((length) => Array.from({ length: frames }, (_, t) => Number(t >= length - 1)));
      return tf.addN([
        losses.mse(outputs.mel, mel),
        losses.mse(outputs.melPostnet, mel),
        losses.bceWithLogits(outputs.gate, tf.tensor2d(ends, [n, frames])),
      ]);
    });
  }

  /**
   * Speaks. Different each time unless {@link prenetDropout} is 0.
   *
   * @param tokens int32 [N, L] @param tokenLengths symbols of each that count; default L
   * @throws InvalidArgumentError for shapes and lengths that do not fit
   */
  async infer(tokens: tf.Tensor, tokenLengths?: losses.Integers): Promise<Tacotron2Speech> {
    const encoded = scope(() => this.#encode(tokens, tokenLengths));
    try {
      const { mel, gate, alignments, lengths, exhausted } = await this.decoder.infer(encoded.memory, encoded.lengths);
      gate.dispose();
      const refined = scope(() => tf.add(mel, this.postnet.forward(mel)));
      mel.dispose();
      return { mel: refined, lengths, alignments, exhausted };
    } finally {
      encoded.memory.dispose();
    }
  }

  #encode(tokens: tf.Tensor, tokenLengths: losses.Integers | undefined): { memory: tf.Tensor; lengths: number[] } {
    check(tokens.rank === 2, () => `Tacotron2 takes tokens [batch, length], got shape [${tokens.shape.join(', ')}]`);
    const lengths = lengthsOf('Tacotron2', tokenLengths, tokens.shape[0]!, tokens.shape[1]!);
    const longest = Math.max(...lengths);
    const cut = tf.slice(tokens, [0, 0], [tokens.shape[0]!, longest]);
    return { memory: this.encoder.forward(this.embedding.forward(cut), lengths), lengths };
  }

  /** Loads a checkpoint of this library or of torchaudio's model: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<Tacotron2> {
    return loadPretrained(source, tacotron2Families, options);
  }
}

const modelType = 'hourglass-tacotron2';

/** Kinds of checkpoint that {@link Tacotron2.fromPretrained} reads. */
export const tacotron2Families: ReadonlyArray<ModelFamily<Tacotron2>> = [
  ownFamily(modelType, (config: Tacotron2Config) => new Tacotron2(config)),
  torchaudioFamily('Tacotron2', tacotron2Options, (config: Tacotron2Config) => new Tacotron2(config)),
];
