import { check, type Config } from '@hourglass/core';
import {
  FeatureExtractor,
  listOf,
  padRows,
  pads,
  settingsOf,
  stackMasks,
  stackRows,
  type Features,
  type PaddingOptions,
  type Rows,
  type SequenceConfig,
  type Sound,
} from './feature-extractor.js';

export type CodecFeatureOptions = Omit<PaddingOptions, 'padToMultipleOf' | 'returnAttentionMask'>;

/** Sounds for codecs: [N, time, channels]. */
abstract class CodecFeatureExtractor<C extends SequenceConfig> extends FeatureExtractor<C, CodecFeatureOptions> {
  /** Frames of `feature_size` samples. */
  protected frames(sounds: Sound | readonly Sound[]): Rows[] {
    const { feature_size: width } = this.config;
    return listOf(sounds).map((sound) => {
      const channels = sound instanceof Float32Array ? [sound] : sound.channels;
      if (!(sound instanceof Float32Array)) this.checkRate(sound);
      check(channels.length === width, () => `a sound of ${channels.length} channels; this codec takes ${width}`);
      if (width === 1) return { values: channels[0]!, width };
      const values = new Float32Array(channels[0]!.length * width);
      channels.forEach((channel, c) => channel.forEach((value, i) => (values[i * width + c] = value)));
      return { values, width };
    });
  }

  protected padded(frames: readonly Rows[], options: PaddingOptions): Features {
    const withMask = pads(options);
    const { rows, masks } = padRows(frames, this.config, { ...options, returnAttentionMask: withMask });
    return { inputValues: stackRows(rows, true), ...(masks === null ? {} : { paddingMask: stackMasks(masks) }) };
  }

  /** Padding to the longest is what codecs do by default. */
  protected padding({ padding, truncation = false }: CodecFeatureOptions): NonNullable<PaddingOptions['padding']> {
    check(
      !(padding !== undefined && padding !== false && truncation),
      'padding and truncation exclude each other; set one',
    );
    return padding ?? true;
  }
}

export interface EncodecFeatureConfig extends SequenceConfig {
  /** Seconds of the chunks that the codec works in, or null. */
  readonly chunk_length_s: number | null;
  /** Share of a chunk that it has in common with the next, or null. */
  readonly overlap: number | null;
}

/** Sounds for EnCodec and Mimi, padded to whole chunks. */
export class EncodecFeatureExtractor extends CodecFeatureExtractor<EncodecFeatureConfig> {
  constructor(config: Config | Partial<EncodecFeatureConfig> = {}) {
    super(
      settingsOf(
        { feature_size: 1, sampling_rate: 24000, padding_value: 0, chunk_length_s: null, overlap: null },
        config,
      ),
    );
  }

  /** @returns `inputValues` [N, time, channels], and where there is padding `paddingMask` [N, time] */
  extract(sounds: Sound | readonly Sound[], options: CodecFeatureOptions = {}): Features {
    const { chunk_length_s: seconds, overlap, sampling_rate: rate } = this.config;
    const padding = this.padding(options);
    const { truncation = false } = options;
    const frames = this.frames(sounds);
    if (seconds === null || overlap === null || options.maxLength !== undefined)
      return this.padded(frames, { ...options, padding });
    const chunk = Math.trunc(seconds * rate);
    const stride = Math.max(1, Math.trunc((1 - overlap) * chunk));
    const lengths = frames.map(({ values, width }) => values.length / width);
    const whole = (steps: number): number => (steps - 1) * stride + chunk;
    // the reference pads by default, also when it truncates
    if (truncation)
      return this.padded(frames, { padding, truncation, maxLength: whole(Math.floor(Math.min(...lengths) / stride)) });
    if (!pads({ padding })) return this.padded(frames, { padding });
    return this.padded(frames, { padding: 'max_length', maxLength: whole(Math.ceil(Math.max(...lengths) / stride)) });
  }
}

export interface DacFeatureConfig extends SequenceConfig {
  /** Samples that lengths become multiples of. */
  readonly hop_length: number;
}

/** Sounds for the Descript Audio Codec, padded to whole frames. */
export class DacFeatureExtractor extends CodecFeatureExtractor<DacFeatureConfig> {
  constructor(config: Config | Partial<DacFeatureConfig> = {}) {
    super(settingsOf({ feature_size: 1, sampling_rate: 16000, padding_value: 0, hop_length: 512 }, config));
    check(this.config.feature_size === 1, 'DAC takes sounds of one channel: feature_size must be 1');
  }

  /** @returns `inputValues` [N, time, 1], and where there is padding `paddingMask` [N, time] */
  extract(sounds: Sound | readonly Sound[], options: CodecFeatureOptions = {}): Features {
    const padding = this.padding(options);
    return this.padded(this.frames(sounds), { ...options, padding, padToMultipleOf: this.config.hop_length });
  }
}
