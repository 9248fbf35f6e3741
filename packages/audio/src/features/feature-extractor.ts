import * as tf from '@tensorflow/tfjs-core';
import { check, type Config } from '@hourglass/core';
import { checkWaveform, type Waveform } from '../data/waveform.js';

/** A sound of one channel: a waveform, or samples at the extractor's sample rate. */
export type Sound = Waveform | Float32Array;

/** What `preprocessor_config.json` says for every kind. */
export interface SequenceConfig {
  readonly feature_size: number;
  readonly sampling_rate: number;
  readonly padding_value: number;
  /** Default 'right'. */
  readonly padding_side?: 'left' | 'right';
  readonly return_attention_mask?: boolean;
}

export interface PaddingOptions {
  /** To the longest (true, 'longest'), to `maxLength`, or not at all (false, 'do_not_pad'). */
  readonly padding?: boolean | 'longest' | 'max_length' | 'do_not_pad';
  readonly maxLength?: number;
  /** Cut to `maxLength`. */
  readonly truncation?: boolean;
  /** Lengths become multiples of this. */
  readonly padToMultipleOf?: number;
  readonly returnAttentionMask?: boolean;
}

/** Tensors by name, as a model takes them: layouts have time before features. The caller disposes them. */
export type Features = Readonly<Record<string, tf.Tensor>>;

/**
 * Turns sounds into what a model takes, with the numbers of transformers' extractor of the same name and the settings of its
 * `preprocessor_config.json`.
 */
export abstract class FeatureExtractor<C extends SequenceConfig, O = PaddingOptions> {
  constructor(readonly config: C) {}

  /**
   * @param sounds one or several
   * @throws InvalidArgumentError for sounds at another sample rate or of several channels, and lengths that differ without padding
   */
  abstract extract(sounds: Sound | readonly Sound[], options?: O): Features;

  /** Samples of each sound. */
  protected samples(sounds: Sound | readonly Sound[]): Float32Array[] {
    return listOf(sounds).map((sound) => {
      if (sound instanceof Float32Array) return sound;
      this.checkRate(sound);
      check(
        sound.channels.length === 1,
        () => `a sound of ${sound.channels.length} channels; this extractor takes one: use toMono`,
      );
      return sound.channels[0]!;
    });
  }

  protected checkRate(sound: Waveform): void {
    const { sampling_rate: rate } = this.config;
    check(
      checkWaveform(sound).sampleRate === rate,
      () =>
        `a sound at ${sound.sampleRate} Hz; the model was trained at ${rate} Hz: use resampleWaveform(sound, ${rate})`,
    );
  }
}

export function listOf(sounds: Sound | readonly Sound[]): readonly Sound[] {
  const list = Array.isArray(sounds) ? (sounds as readonly Sound[]) : [sounds as Sound];
  check(list.length > 0, 'features of no sound: give one at least');
  return list;
}

/** Rows of `width` values, as many as there are. */
export interface Rows {
  readonly values: Float32Array;
  readonly width: number;
}

/** Rows of equal or different lengths, with 1 where a row counts. */
export interface Padded {
  readonly rows: readonly Rows[];
  /** Null where it is not wanted. */
  readonly masks: readonly Int32Array[] | null;
}

export function lengthOfRows({ values, width }: Rows): number {
  return values.length / width;
}

/** Whether these options pad. */
export function pads({ padding }: PaddingOptions): boolean {
  return padding !== undefined && padding !== false && padding !== 'do_not_pad';
}

/**
 * Cuts and pads, as transformers' `SequenceFeatureExtractor.pad` does.
 * @throws InvalidArgumentError for options that contradict each other
 */
export function padRows(examples: readonly Rows[], config: SequenceConfig, options: PaddingOptions): Padded {
  const { padding = false, truncation = false, padToMultipleOf } = options;
  check(
    [true, false, 'longest', 'max_length', 'do_not_pad'].includes(padding),
    () => `padding must be true, false, 'longest', 'max_length' or 'do_not_pad', got '${String(padding)}'`,
  );
  const multiple = (length: number): number =>
    padToMultipleOf === undefined ? length : Math.ceil(length / padToMultipleOf) * padToMultipleOf;
  check(!truncation || options.maxLength !== undefined, 'truncation needs maxLength');
  check(padding !== 'max_length' || options.maxLength !== undefined, "padding 'max_length' needs maxLength");
  const limit = options.maxLength === undefined ? Infinity : multiple(options.maxLength);
  const cut = examples.map((rows) =>
    truncation && lengthOfRows(rows) > limit ? { ...rows, values: rows.values.subarray(0, limit * rows.width) } : rows,
  );
  const longest = Math.max(...cut.map(lengthOfRows));
  const wanted = !pads(options) ? 0 : padding === 'max_length' ? limit : multiple(longest);
  const withMask = options.returnAttentionMask ?? config.return_attention_mask ?? true;
  const left = config.padding_side === 'left';
  const masks = cut.map((rows) => {
    const length = lengthOfRows(rows);
    const missing = Math.max(0, wanted - length);
    const mask = new Int32Array(length + missing);
    return mask.fill(1, left ? missing : 0, left ? missing + length : length);
  });
  const padded = cut.map(({ values, width }) => {
    const missing = Math.max(0, wanted * width - values.length);
    if (missing === 0) return { values, width };
    const whole = new Float32Array(values.length + missing).fill(config.padding_value);
    whole.set(values, left ? missing : 0);
    return { values: whole, width };
  });
  return { rows: padded, masks: withMask ? masks : null };
}

/**
 * Rows as a tensor [examples, length], or [examples, length, width] with `wide`.
 * @throws InvalidArgumentError when lengths differ
 */
export function stackRows(examples: readonly Rows[], wide = false): tf.Tensor {
  const [first] = examples;
  const size = first!.values.length;
  check(
    examples.every(({ values }) => values.length === size),
    () => `lengths ${examples.map(lengthOfRows).join(', ')} do not fit into one tensor; use padding`,
  );
  const values = new Float32Array(size * examples.length);
  examples.forEach((rows, i) => values.set(rows.values, i * size));
  const { width } = first!;
  return tf.tensor(values, wide ? [examples.length, size / width, width] : [examples.length, size]);
}

/** Masks as int32 [examples, length]. */
export function stackMasks(masks: readonly Int32Array[]): tf.Tensor {
  const length = masks[0]!.length;
  return tf.tensor2d(Int32Array.from(masks.flatMap((mask) => [...mask])), [masks.length, length], 'int32');
}

/** Mean 0 and variance 1 over the first `length` samples; what lies after them becomes `padding`. */
export function standardise(values: Float32Array, length: number, padding: number): Float32Array {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < length; i++) sum += values[i]!;
  const mean = sum / length;
  for (let i = 0; i < length; i++) squares += (values[i]! - mean) ** 2;
  const scale = 1 / Math.sqrt(squares / length + 1e-7);
  return values.map((value, i) => (i < length ? (value - mean) * scale : padding));
}

/** Standardises each sound over what its mask counts, or over all of it. */
export function standardiseAll(padded: Padded, config: SequenceConfig, options: PaddingOptions): Padded {
  const { masks } = padded;
  const byMask = pads(options) && masks !== null;
  const rows = padded.rows.map(({ values, width }, i) => {
    const length = byMask ? masks[i]!.reduce((sum, value) => sum + value, 0) : values.length;
    return { values: standardise(values, length, config.padding_value), width };
  });
  return { rows, masks };
}

/** The defaults, with what is given over them. */
export function settingsOf<C extends SequenceConfig>(defaults: C, given: Config | Partial<C>): C {
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(known) };
}
