import {
  check,
  exampleContext,
  type ArrayValues,
  type Dataset,
  type ExampleContext,
  type Generator,
} from '@hourglass/core';
import { rootMeanSquare } from './level.js';
import { lengthOf, toMono, type Waveform } from './waveform.js';

/** A recording of one source alone. */
export interface SoloRecording {
  readonly waveform: Waveform;
  /** Who or what is heard. Null where nobody says: then every recording counts as another source. */
  readonly source: string | null;
}

export interface MixtureOptions {
  /** Sources heard at once. Default 2. */
  readonly sources?: number;
  /** Seconds of a mixture. Default 1. */
  readonly seconds?: number;
  /**
   * How a source fills its time: with recordings of its own, one after another (`chain`, default), or with one recording at a random place,
   * or a random part of it where it is longer (`single`).
   */
  readonly fill?: 'chain' | 'single';
  /** Largest level of a source against the mean of all, in decibels; drawn evenly between minus and plus this. Default 2.5. */
  readonly maxLevel?: number;
  /** Mixtures in the set. Default 1000. */
  readonly length?: number;
  /** Decides which. Default 0. */
  readonly seed?: number;
  /** New mixtures in every epoch, as training wants them; false for the same ones always, as scores want them. Default false. */
  readonly fresh?: boolean;
}

/** What a mixture is made of, as plain arrays. */
export interface MixtureExample {
  /** [time] */
  readonly mixture: Float32Array;
  /** [sources, time]; they add up to the mixture. */
  readonly sources: ArrayValues & { readonly values: Float32Array };
  /** Who is heard, in the order of `sources`. */
  readonly names: readonly string[];
}

/** Root mean square of each source before its level. Leaves room: the sum of two rarely reaches full scale. */
const usualStrength = 0.08;

/**
 * Mixtures of recordings of different sources, drawn at random: which, where they begin and how loud they are. Recordings of several
 * channels are made mono.
 */
export class MixtureDataset implements Dataset<MixtureExample> {
  readonly length: number;
  readonly sampleRate: number;
  /** Samples of a mixture. */
  readonly samples: number;
  readonly options: Required<MixtureOptions>;
  /** Recordings of each source. */
  readonly #voices: ReadonlyArray<{ readonly name: string; readonly recordings: readonly Float32Array[] }>;

  /** @throws InvalidArgumentError for too few sources, recordings of different sample rates, or silence alone */
  constructor(recordings: readonly SoloRecording[], options: MixtureOptions = {}) {
    const {
      sources = 2,
      seconds = 1,
      fill = 'chain',
      maxLevel = 2.5,
      length = 1000,
      seed = 0,
      fresh = false,
    } = options;
    this.options = { sources, seconds, fill, maxLevel, length, seed, fresh };
    check(Number.isInteger(sources) && sources >= 2, () => `a mixture has at least two sources, got ${sources}`);
    check(recordings.length > 0, 'there is no recording to mix');
    const [rate] = recordings.map(({ waveform }) => waveform.sampleRate) as [number];
    const odd = recordings.find(({ waveform }) => waveform.sampleRate !== rate);
    check(
      odd === undefined,
      () => `recordings of ${rate} and of ${odd!.waveform.sampleRate} Hz cannot be mixed; resample them first`,
    );
    const voices = new Map<string, Float32Array[]>();
    recordings.forEach(({ waveform, source }, i) => {
      const name = source ?? `recording ${i}`;
      const samples = toMono(waveform).channels[0]!;
      if (lengthOf(waveform) === 0 || rootMeanSquare(samples) === 0) return;
      if (!voices.has(name)) voices.set(name, []);
      voices.get(name)!.push(samples);
    });
    check(
      voices.size >= sources,
      () =>
        `mixtures of ${sources} need recordings of ${sources} sources that are not silent, there are ${voices.size}`,
    );
    this.#voices = Array.from(voices, ([name, recordings]) => ({ name, recordings }));
    this.length = length;
    this.sampleRate = rate;
    this.samples = Math.round(seconds * rate);
    check(this.samples > 0, () => `a mixture of ${seconds} seconds has no sample`);
  }

  /** Names of the sources that there are recordings of. */
  get names(): readonly string[] {
    return this.#voices.map(({ name }) => name);
  }

  get(index: number, context?: ExampleContext): MixtureExample {
    const { sources, seed, fresh, maxLevel } = this.options;
    check(index >= 0 && index < this.length, () => `mixture ${index} does not exist, there are ${this.length}`);
    const generator = (fresh && context !== undefined ? context : exampleContext(seed, 0, index)).generator;
    const values = new Float32Array(sources * this.samples);
    const mixture = new Float32Array(this.samples);
    const chosen = Array.from(generator.permutation(this.#voices.length).subarray(0, sources));
    chosen.forEach((voice, s) => {
      const track = values.subarray(s * this.samples, (s + 1) * this.samples);
      this.#draw(this.#voices[voice]!.recordings, track, generator);
      const gain = 10 ** (generator.uniform(-maxLevel, maxLevel) / 20) * (usualStrength / rootMeanSquare(track));
      for (let t = 0; t < track.length; t++) mixture[t]! += track[t]! *= gain;
    });
    return {
      mixture,
      sources: { values, shape: [sources, this.samples] },
      names: chosen.map((voice) => this.#voices[voice]!.name),
    };
  }

  /** Fills a track with sound of one source; what is drawn is never silent. */
  #draw(recordings: readonly Float32Array[], track: Float32Array, generator: Generator): void {
    do {
      track.fill(0);
      if (this.options.fill === 'single') single(pick(recordings, generator), track, generator);
      else {
        // begins anywhere in the first
        let at = -generator.integer(0, recordings[0]!.length);
        while (at < track.length) at += copy(pick(recordings, generator), track, at);
      }
    } while (rootMeanSquare(track) === 0);
  }
}

const pick = <T>(list: readonly T[], generator: Generator): T => list[generator.integer(0, list.length)]!;

function single(recording: Float32Array, track: Float32Array, generator: Generator): void {
  const room = track.length - recording.length;
  const at = generator.integer(0, Math.abs(room) + 1);
  copy(recording, track, room >= 0 ? at : -at);
}

/** Copies what falls into the track. @returns the recording's length */
function copy(recording: Float32Array, track: Float32Array, at: number): number {
  const from = Math.max(0, -at);
  const to = Math.min(recording.length, track.length - at);
  if (to > from) track.set(recording.subarray(from, to), at + from);
  return recording.length;
}
