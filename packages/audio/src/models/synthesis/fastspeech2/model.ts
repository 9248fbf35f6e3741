/**
 * FastSpeech 2: "Fast and High-Quality End-to-End Text to Speech", Ren et al. 2020, arXiv:2006.04558, with the Conformer layers of Gulati et
 * al. 2020, arXiv:2005.08100, as ESPnet and transformers have it (checkpoint espnet/fastspeech2_conformer, Apache-2.0). Written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  Conv1d,
  Embedding,
  functional,
  init,
  Linear,
  loadPretrained,
  scope,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { SpeechDecoderPostnet } from '../postnet.js';
import { fastSpeech2Settings, halfSettings, type FastSpeech2Config, type FastSpeech2Settings } from './config.js';
import { FastSpeech2Conformer } from './conformer.js';
import { fastSpeech2Loss } from './loss.js';
import { regulateLength, spokenFrames, VarianceEmbedding, VariancePredictor } from './variance.js';

export interface FastSpeech2Call {
  /** [N, L]: which tokens count. Default all. */
  readonly mask?: tf.Tensor | null;
  /** int32 [N]: who speaks, and in which language, where the configuration knows several. */
  readonly speakerIds?: tf.Tensor | null;
  readonly languageIds?: tf.Tensor | null;
  /** float32 [N, speaker_embed_dim] */
  readonly speakers?: tf.Tensor | null;
}

/** What is to be said how, as training knows it. */
export interface FastSpeech2Targets {
  /** float32 [N, frames, mels], -100 behind an end. */
  readonly spectrogram: tf.Tensor;
  /** int32 [N, L]: frames of each token. */
  readonly durations: tf.Tensor;
  /** float32 [N, L, 1] */
  readonly pitch: tf.Tensor;
  readonly energy: tf.Tensor;
}

export interface FastSpeech2Outputs {
  /** float32 [N, frames, mels], refined, and before. */
  readonly spectrogram: tf.Tensor;
  readonly before: tf.Tensor;
  /** float32 [N, L]: logarithms of durations + 1 with targets, whole durations without; 0 where nothing counts. */
  readonly durations: tf.Tensor;
  /** float32 [N, L, 1] */
  readonly pitch: tf.Tensor;
  readonly energy: tf.Tensor;
  /** What each layer was given, and last the result. */
  readonly encoderHiddenStates: readonly tf.Tensor[];
  readonly decoderHiddenStates: readonly tf.Tensor[];
}

interface Encoded {
  readonly states: tf.Tensor;
  readonly encoderHiddenStates: readonly tf.Tensor[];
  readonly mask: tf.Tensor;
  readonly logDurations: tf.Tensor;
  readonly pitch: tf.Tensor;
  readonly energy: tf.Tensor;
}

/** Phonemes to spectrograms, all frames at once. */
export class FastSpeech2ConformerModel extends ConfiguredModel<FastSpeech2Config> {
  protected override readonly modelType = 'fastspeech2_conformer';
  readonly language_id_embedding: Embedding | null;
  readonly speaker_id_embedding: Embedding | null;
  readonly projection: Linear | null;
  readonly encoder: FastSpeech2Conformer;
  readonly duration_predictor: VariancePredictor;
  readonly pitch_predictor: VariancePredictor;
  readonly pitch_embed: VarianceEmbedding;
  readonly energy_predictor: VariancePredictor;
  readonly energy_embed: VarianceEmbedding;
  readonly decoder: FastSpeech2Conformer;
  readonly speech_decoder_postnet: SpeechDecoderPostnet;
  readonly #settings: FastSpeech2Settings;

  /** @throws InvalidArgumentError for a configuration that no model can be made with */
  constructor(
    override readonly config: FastSpeech2Config = {},
    generator?: Generator,
  ) {
    super();
    const s = fastSpeech2Settings(config);
    const width = s.hidden_size;
    const table = (rows: number | null): Embedding | null =>
      rows !== null && rows > 1 ? new Embedding(rows, width, { generator }) : null;
    this.language_id_embedding = table(s.num_languages);
    this.speaker_id_embedding = table(s.num_speakers);
    this.projection = s.speaker_embed_dim ? new Linear(width + s.speaker_embed_dim, width, { generator }) : null;
    this.encoder = new FastSpeech2Conformer(s, halfSettings(s, 'encoder'), true, generator);
    this.duration_predictor = new VariancePredictor(width, {
      layers: s.duration_predictor_layers,
      channels: s.duration_predictor_channels,
      kernelSize: s.duration_predictor_kernel_size,
      dropout: s.duration_predictor_dropout_rate,
      generator,
    });
    this.pitch_predictor = new VariancePredictor(width, {
      layers: s.pitch_predictor_layers,
      channels: s.pitch_predictor_channels,
      kernelSize: s.pitch_predictor_kernel_size,
      dropout: s.pitch_predictor_dropout,
      generator,
    });
    this.pitch_embed = new VarianceEmbedding(width, s.pitch_embed_kernel_size, s.pitch_embed_dropout, generator);
    this.energy_predictor = new VariancePredictor(width, {
      layers: s.energy_predictor_layers,
      channels: s.energy_predictor_channels,
      kernelSize: s.energy_predictor_kernel_size,
      dropout: s.energy_predictor_dropout,
      generator,
    });
    this.energy_embed = new VarianceEmbedding(width, s.energy_embed_kernel_size, s.energy_embed_dropout, generator);
    this.decoder = new FastSpeech2Conformer(s, halfSettings(s, 'decoder'), false, generator);
    this.speech_decoder_postnet = new SpeechDecoderPostnet({
      hidden: width,
      mels: s.num_mel_bins,
      reduction: s.reduction_factor,
      layers: s.speech_decoder_postnet_layers,
      units: s.speech_decoder_postnet_units,
      kernelSize: s.speech_decoder_postnet_kernel,
      dropout: s.speech_decoder_postnet_dropout,
      generator,
    });
    this.#settings = s;
    for (const [, module] of this.namedModules()) {
      if (module instanceof Conv1d) init.kaimingNormal(module.weight, { generator });
      if (!(module instanceof Linear)) continue;
      init.normal(module.weight, 0, 1 / Math.sqrt(module.inFeatures), { generator });
      if (module.bias !== null) init.zeros(module.bias);
    }
  }

  /**
   * With the durations, pitch and energy of the targets, as in training.
   *
   * @param tokens int32 [N, L]
   * @throws InvalidArgumentError for shapes that do not fit, and where a state makes several frames
   */
  forward(tokens: tf.Tensor, targets: FastSpeech2Targets, call: FastSpeech2Call = {}): FastSpeech2Outputs {
    const { reduction_factor, num_mel_bins } = this.#settings;
    const { spectrogram, durations, pitch, energy } = targets;
    check(reduction_factor === 1, `FastSpeech 2 learns with reduction_factor 1 only, not ${reduction_factor}`);
    return scope(() => {
      const encoded = this.#encode(tokens, call);
      const [n, length] = tokens.shape as [number, number];
      const rows = durations.dataSync<'int32'>();
      const regulated = regulateLength(
        this.#told(encoded.states, pitch, energy),
        spokenFrames(inRows(rows, n, length)),
      );
      check(
        spectrogram.rank === 3 && spectrogram.shape[1] === regulated.shape[1] && spectrogram.shape[2] === num_mel_bins,
        () =>
          `durations make ${regulated.shape[1]} frames of ${num_mel_bins} bands, the target has shape [${spectrogram.shape.join(', ')}]`,
      );
      const made = this.#decode(regulated, frameCounts(spectrogram));
      return {
        ...made,
        durations: tf.mul(encoded.logDurations, encoded.mask),
        pitch: encoded.pitch,
        energy: encoded.energy,
        encoderHiddenStates: encoded.encoderHiddenStates,
      };
    });
  }

  /** Distances of what {@link forward} gave from the targets, as the configuration weighs them. @returns scalar */
  loss(outputs: FastSpeech2Outputs, targets: FastSpeech2Targets, mask: tf.Tensor | null = null): tf.Tensor {
    return scope(() =>
      fastSpeech2Loss(this.#settings, {
        before: outputs.before,
        after: outputs.spectrogram,
        spectrogram: targets.spectrogram,
        logDurations: outputs.durations,
        durations: targets.durations,
        pitch: outputs.pitch,
        pitchTarget: targets.pitch,
        energy: outputs.energy,
        energyTarget: targets.energy,
        tokenMask: mask === null ? tf.ones(outputs.durations.shape) : counting(mask),
        frameMask: frameCounts(targets.spectrogram),
      }),
    );
  }

  /**
   * Speaks, with the durations, pitch and energy that it thinks right.
   *
   * @param tokens int32 [N, L]
   * @param call `speed` instead of the configuration's: above 1 is slower
   * @returns with `lengths`, the frames of each
   * @throws InvalidArgumentError for shapes that do not fit
   */
  async infer(
    tokens: tf.Tensor,
    call: FastSpeech2Call & { readonly speed?: number } = {},
  ): Promise<FastSpeech2Outputs & { readonly lengths: number[] }> {
    const { speaking_speed, reduction_factor } = this.#settings;
    const { speed = speaking_speed } = call;
    check(speed > 0, () => `speed must be above 0, got ${speed}`);
    const encoded = scope(() => {
      const { states, mask, logDurations, ...rest } = this.#encode(tokens, call);
      const whole = tf.maximum(tf.round(tf.sub(tf.exp(logDurations), 1)), 0);
      const durations = tf.mul(whole, mask);
      return { ...rest, durations, told: this.#told(states, rest.pitch, rest.energy) };
    });
    const { durations, told, pitch, energy, encoderHiddenStates } = encoded;
    try {
      const values = await durations.data<'float32'>();
      const [n, length] = tokens.shape as [number, number];
      const thought = inRows(values, n, length);
      const frames = spokenFrames(thought, speed);
      return scope(() => {
        const made = this.#decode(regulateLength(told, frames), null);
        const lengths = frames.map((row) => row.reduce((sum, d) => sum + d, 0) * reduction_factor);
        // as in the reference: what was spoken, but before another speed
        const spoken = tf.tensor2d(speed === 1 ? frames : thought, [n, length]);
        return { ...made, durations: spoken, pitch, energy, encoderHiddenStates, lengths };
      });
    } finally {
      tf.dispose([told, durations]);
    }
  }

  #encode(tokens: tf.Tensor, call: FastSpeech2Call): Encoded {
    const { mask: given = null, speakerIds = null, languageIds = null, speakers = null } = call;
    check(tokens.rank === 2, () => `FastSpeech 2 takes tokens [batch, length], got shape [${tokens.shape.join(', ')}]`);
    check(
      given === null || tf.util.arraysEqual(given.shape, tokens.shape),
      () => `a mask [${given!.shape.join(', ')}] for tokens [${tokens.shape.join(', ')}]`,
    );
    const mask = given === null ? tf.ones(tokens.shape) : counting(given);
    const encoderHiddenStates = this.encoder.forward(tokens, given);
    let states = encoderHiddenStates.at(-1)!;
    for (const [table, ids] of [
      [this.speaker_id_embedding, speakerIds],
      [this.language_id_embedding, languageIds],
    ] as const)
      if (table !== null && ids !== null)
        states = tf.add(states, tf.expandDims(table.forward(tf.reshape(ids, [-1])), 1));
    if (this.projection !== null && speakers !== null) {
      const [n, length] = tokens.shape as [number, number];
      const unit = tf.expandDims(functional.normalize(speakers, { dim: 1 }), 1);
      states = this.projection.forward(tf.concat([states, tf.tile(unit, [n / unit.shape[0]!, length, 1])], -1));
    }
    const counts = tf.expandDims(mask, -1);
    const { stop_gradient_from_pitch_predictor: stopPitch, stop_gradient_from_energy_predictor: stopEnergy } =
      this.#settings;
    const seen = (stopped: boolean): tf.Tensor => (stopped ? functional.stopGradient(states) : states);
    return {
      states,
      encoderHiddenStates,
      mask,
      pitch: tf.mul(this.pitch_predictor.forward(seen(stopPitch)), counts),
      energy: tf.mul(this.energy_predictor.forward(seen(stopEnergy)), counts),
      logDurations: tf.squeeze(this.duration_predictor.forward(states), [2]),
    };
  }

  #told(states: tf.Tensor, pitch: tf.Tensor, energy: tf.Tensor): tf.Tensor {
    return tf.add(tf.add(states, this.energy_embed.forward(energy)), this.pitch_embed.forward(pitch));
  }

  #decode(
    regulated: tf.Tensor,
    mask: tf.Tensor | null,
  ): Pick<FastSpeech2Outputs, 'spectrogram' | 'before' | 'decoderHiddenStates'> {
    const decoderHiddenStates = this.decoder.forward(regulated, mask);
    const { before, after } = this.speech_decoder_postnet.forward(decoderHiddenStates.at(-1)!);
    return { spectrogram: after, before, decoderHiddenStates };
  }

  /** Loads a checkpoint in transformers' layout: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<FastSpeech2ConformerModel> {
    return loadPretrained(source, fastSpeech2Families, options);
  }
}

const inRows = (values: ArrayLike<number>, n: number, length: number): number[][] =>
  Array.from({ length: n }, (_, row) => Array.from({ length }, (__, i) => values[row * length + i]!));

const counting = (mask: tf.Tensor): tf.Tensor => tf.cast(tf.notEqual(mask, tf.zerosLike(mask)), 'float32');

/** [N, frames]: 1 where any band of a target is not -100. */
function frameCounts(spectrogram: tf.Tensor): tf.Tensor {
  return tf.cast(tf.any(tf.notEqual(spectrogram, -100), -1), 'float32');
}

/** Kinds of checkpoint that {@link FastSpeech2ConformerModel.fromPretrained} reads. */
export const fastSpeech2Families: ReadonlyArray<ModelFamily<FastSpeech2ConformerModel>> = [
  {
    modelType: 'fastspeech2_conformer',
    matches: (config) => config['model_type'] === 'fastspeech2_conformer',
    build: ({ model_type: _modelType, ...config }) => new FastSpeech2ConformerModel(config),
  },
];
