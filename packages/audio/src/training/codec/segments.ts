import { check, type Dataset, type ExampleContext, exampleContext } from '@hourglass/core';
import { modelSound, type SoundFormat } from '../../data/model-sound.js';
import { lengthOf, type Waveform } from '../../data/waveform.js';

interface NamedSound {
  readonly waveform: Waveform;
  readonly name?: string;
}

/** Recordings by index, as `openSoundFolder` gives them. */
export type Sounds = Dataset<NamedSound>;

/** float32 [time, channels] as an array. */
export interface Segment {
  readonly values: Float32Array;
  readonly shape: readonly [number, number];
}

/** Sound up to this many samples is kept in memory. */
const mostKept = 2 ** 27;

/**
 * Pieces of equal length from random places of recordings. An epoch has about as much sound as the recordings; each gives pieces in
 * proportion to its length, and shorter ones are filled up with silence.
 */
export class SoundSegments implements Dataset<Segment> {
  readonly #kept = new Map<number, Waveform>();
  /** Which recording each piece is of. */
  readonly #sources: readonly number[];

  private constructor(
    private readonly sounds: Sounds,
    private readonly format: SoundFormat,
    /** Samples of a piece. */
    readonly size: number,
    lengths: readonly number[],
  ) {
    this.#sources = lengths.flatMap((length, i) => Array<number>(Math.max(1, Math.round(length / size))).fill(i));
  }

  /**
   * Reads every recording once, which checks them.
   *
   * @param seconds of a piece
   * @throws HourglassError for recordings that cannot be read, or that the model does not take
   */
  static async open(sounds: Sounds, format: SoundFormat, seconds: number): Promise<SoundSegments> {
    check(sounds.length > 0, 'there are no recordings to train on');
    const size = Math.round(seconds * format.sampleRate);
    check(size > 0, () => `pieces of ${seconds} s have no sample`);
    const lengths: number[] = [];
    const read = new Map<number, Waveform>();
    let total = 0;
    for (let i = 0; i < sounds.length; i++) {
      const { waveform } = await readAs(sounds, i, format);
      lengths.push(lengthOf(waveform));
      total += lengthOf(waveform) * format.channels;
      if (total <= mostKept) read.set(i, waveform);
    }
    const segments = new SoundSegments(sounds, format, size, lengths);
    for (const [i, waveform] of read) segments.#kept.set(i, waveform);
    return segments;
  }

  get length(): number {
    return this.#sources.length;
  }

  async get(index: number, context: ExampleContext = exampleContext(0, 0, index)): Promise<Segment> {
    const source = this.#sources[index]!;
    const waveform = this.#kept.get(source) ?? (await readAs(this.sounds, source, this.format)).waveform;
    const { channels } = this.format;
    const from = context.generator.integer(0, Math.max(1, lengthOf(waveform) - this.size + 1));
    const values = new Float32Array(this.size * channels);
    waveform.channels.forEach((channel, c) => {
      const piece = channel.subarray(from, from + this.size);
      for (let t = 0; t < piece.length; t++) values[t * channels + c] = piece[t]!;
    });
    return { values, shape: [this.size, channels] };
  }
}

/** A recording as the model takes it; the error names it. */
export async function readAs(sounds: Sounds, index: number, format: SoundFormat): Promise<NamedSound> {
  const { waveform, name } = await sounds.get(index);
  try {
    return { waveform: modelSound(waveform, format), ...(name !== undefined && { name }) };
  } catch (error) {
    if (name !== undefined && error instanceof Error) error.message = `${name}: ${error.message}`;
    throw error;
  }
}
