import { check, exampleContext, type Dataset, type ExampleContext, type Generator } from '@hourglass/core';
import { rootMeanSquare } from './level.js';
import { toMono, type Waveform } from './waveform.js';

export interface NoisyOptions {
  /** Seconds of an example. Default 2. */
  readonly seconds?: number;
  /** Range of the ratio of signal to noise in decibels, drawn evenly. Default 0 to 15. */
  readonly snr?: readonly [least: number, most: number];
  /** Examples in the set. Default 1000. */
  readonly length?: number;
  /** Decides which. Default 0. */
  readonly seed?: number;
  /** New examples in every epoch, as training wants them; false for the same ones always, as scores want them. Default false. */
  readonly fresh?: boolean;
}

/** [time] each. */
export interface NoisyExample {
  readonly noisy: Float32Array;
  readonly clean: Float32Array;
}

/** Clean recordings, random parts of them, with noise of a random strength. Recordings of several channels are made mono. */
export class NoisyDataset implements Dataset<NoisyExample> {
  readonly length: number;
  readonly sampleRate: number;
  /** Samples of an example. */
  readonly samples: number;
  readonly options: Required<NoisyOptions>;
  readonly #clean: readonly Float32Array[];
  readonly #noise: readonly Float32Array[] | null;

  /**
   * @param noise recordings of noise; null draws noise of random colour
   * @throws InvalidArgumentError for recordings of different sample rates, or silence alone
   */
  constructor(clean: readonly Waveform[], noise: readonly Waveform[] | null, options: NoisyOptions = {}) {
    const { seconds = 2, snr = [0, 15], length = 1000, seed = 0, fresh = false } = options;
    this.options = { seconds, snr, length, seed, fresh };
    check(clean.length > 0, 'there is no clean sound to add noise to');
    const [rate] = clean.map(({ sampleRate }) => sampleRate) as [number];
    const odd = [...clean, ...(noise ?? [])].find(({ sampleRate }) => sampleRate !== rate);
    check(
      odd === undefined,
      () => `sounds of ${rate} and of ${odd!.sampleRate} Hz cannot be mixed; resample them first`,
    );
    this.#clean = audible(clean, 'clean sound');
    this.#noise = noise === null ? null : audible(noise, 'noise');
    this.length = length;
    this.sampleRate = rate;
    this.samples = Math.round(seconds * rate);
    check(this.samples > 0, () => `${seconds} seconds have no sample`);
    check(
      snr[0] <= snr[1],
      () => `the ratio of signal to noise must lie between two values in order, got ${snr.join(', ')}`,
    );
  }

  get(index: number, context?: ExampleContext): NoisyExample {
    const { snr, seed, fresh } = this.options;
    check(index >= 0 && index < this.length, () => `example ${index} does not exist, there are ${this.length}`);
    const { generator } = fresh && context !== undefined ? context : exampleContext(seed, 0, index);
    const clean = this.#part(this.#clean, generator);
    const noise = this.#noise === null ? colouredNoise(this.samples, generator) : this.#part(this.#noise, generator);
    const ratio = 10 ** (generator.uniform(...snr) / 20);
    const gain = rootMeanSquare(clean) / (ratio * rootMeanSquare(noise));
    return { clean, noisy: clean.map((value, t) => value + gain * noise[t]!) };
  }

  /** A random part, never silent, of a random recording; one that is too short is repeated. */
  #part(recordings: readonly Float32Array[], generator: Generator): Float32Array {
    for (;;) {
      const recording = recordings[generator.integer(0, recordings.length)]!;
      const room = recording.length - this.samples;
      const start = room > 0 ? generator.integer(0, room + 1) : generator.integer(0, recording.length);
      const part = Float32Array.from({ length: this.samples }, (_, t) => recording[(start + t) % recording.length]!);
      if (rootMeanSquare(part) > 0) return part;
    }
  }
}

function audible(waveforms: readonly Waveform[], what: string): Float32Array[] {
  const sounds = waveforms
    .map((waveform) => toMono(waveform).channels[0]!)
    .filter((samples) => rootMeanSquare(samples) > 0);
  check(sounds.length > 0, `there is no ${what} that is not silent`);
  return sounds;
}

/** White noise through a filter that lets through more of the low frequencies, by chance hardly more or a great deal. */
export function colouredNoise(length: number, generator: Generator): Float32Array {
  const memory = generator.uniform(0, 0.95);
  let last = generator.normal();
  return Float32Array.from(
    { length },
    () => (last = memory * last + Math.sqrt(1 - memory * memory) * generator.normal()),
  );
}
