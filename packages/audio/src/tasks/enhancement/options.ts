import { FileError, type OptionSpec } from '@hourglass/core';
import { NoisyDataset } from '../../data/index.js';
import type { Waveform } from '../../data/index.js';
import { resampleWaveform } from '../../signal/index.js';
import { openSoundFolder, type SoundFolder } from '../../node/index.js';

/** Options of the verbs that add noise to recordings. */
export const noisyOptions = {
  data: { kind: 'text', placeholder: 'FOLDER', description: 'clean recordings', required: true },
  noise: {
    kind: 'text',
    placeholder: 'FOLDER',
    description: 'recordings of noise; without it noise of random colour is drawn',
  },
  seconds: { kind: 'number', description: 'length of an example', default: 2, min: 0.1, max: 600 },
  snrMin: { kind: 'number', description: 'least ratio of signal to noise, in decibels', default: 0, min: -60, max: 60 },
  snrMax: { kind: 'number', description: 'greatest ratio', default: 15, min: -60, max: 60 },
} as const satisfies Readonly<Record<string, OptionSpec>>;

export interface NoisyRequest {
  readonly data: string;
  readonly noise?: string | undefined;
  readonly seconds: number;
  readonly snrMin: number;
  readonly snrMax: number;
}

/** Which recordings, and how many examples of them. */
export interface NoisyPart {
  readonly split: string;
  readonly length: number;
  readonly seed: number;
  readonly fresh?: boolean;
  /** Of a folder without recordings to validate with: every fifteenth of those to train on, or the others. */
  readonly heldOut?: boolean;
}

/** Reads the clean recordings of a split, and noise of the same split where the noise has such splits, at the recordings' sample rate. */
export async function openNoisy(request: NoisyRequest, part: NoisyPart): Promise<NoisyDataset> {
  const keep = (index: number): boolean => part.heldOut === undefined || (index % 15 === 7) === part.heldOut;
  const clean = await readAll(await openSoundFolder(request.data, { split: part.split }), keep);
  const noise = request.noise === undefined ? null : await readAll(await noiseFolder(request.noise, part.split));
  const { sampleRate } = clean[0]!;
  const { length, seed, fresh = false } = part;
  const snr = [request.snrMin, request.snrMax] as const;
  const fitting = noise?.map((waveform) => resampleWaveform(waveform, sampleRate)) ?? null;
  return new NoisyDataset(clean, fitting, { seconds: request.seconds, snr, length, seed, fresh });
}

async function noiseFolder(folder: string, split: string): Promise<SoundFolder> {
  const all = await openSoundFolder(folder, { split: 'all' });
  return all.splits.includes(split) ? openSoundFolder(folder, { split }) : all;
}

async function readAll(folder: SoundFolder, keep: (index: number) => boolean = () => true): Promise<Waveform[]> {
  const waveforms: Waveform[] = [];
  for (let index = 0; index < folder.length; index++) {
    if (keep(index)) waveforms.push((await folder.get(index)).waveform);
  }
  if (waveforms.length === 0) throw new FileError(folder.folder, `has no recordings to use in ${folder.split}`);
  return waveforms;
}
