import { UnsupportedError, type OptionSpec } from '@hourglass/core';
import { MixtureDataset } from '../../data/mixtures.js';
import { openSoundFolder, readSoloRecordings, sourceOf, type SoundFile } from '../../node/index.js';

/** Options of the verbs that mix recordings. */
export const mixtureOptions = {
  data: {
    kind: 'text',
    placeholder: 'FOLDER',
    description:
      'recordings of one voice each; who is heard: manifest.json, spoken digits by name, or a folder a voice',
    required: true,
  },
  seconds: { kind: 'number', description: 'length of a mixture', default: 1, min: 0.05, max: 600 },
  fill: {
    kind: 'text',
    description: 'a voice is several recordings one after another, or a single one',
    choices: ['chain', 'single'],
    default: 'chain',
  },
  sampleRate: {
    kind: 'integer',
    placeholder: 'HZ',
    description: 'resample recordings to this rate (default: as they are)',
    min: 1000,
    max: 192_000,
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

export interface MixtureRequest {
  readonly data: string;
  readonly seconds: number;
  readonly fill: string;
  readonly sampleRate?: number | undefined;
}

/** Which recordings, and how many mixtures of them. */
export interface MixturePart {
  readonly split: string;
  readonly sources: number;
  readonly mixtures: number;
  readonly seed: number;
  readonly fresh?: boolean;
  /** Of a folder without recordings to validate with: those held out of the ones to train on, or the others; see {@link heldOut}. */
  readonly heldOut?: boolean;
}

/** Reads the recordings of a split and mixes them. */
export async function openMixtures(request: MixtureRequest, part: MixturePart): Promise<MixtureDataset> {
  const folder = await openSoundFolder(request.data, { split: part.split });
  const out = part.heldOut === undefined ? null : heldOut(folder.files);
  const recordings = await readSoloRecordings(
    folder,
    (file) => out === null || out.has(file) === part.heldOut,
    request.sampleRate,
  );
  return new MixtureDataset(recordings, {
    sources: part.sources,
    seconds: request.seconds,
    fill: fillOf(request.fill),
    length: part.mixtures,
    seed: part.seed,
    fresh: part.fresh ?? false,
  });
}

/** Every fifteenth recording, and the last one of each voice that has none among them. */
function heldOut(files: readonly SoundFile[]): ReadonlySet<SoundFile> {
  const out = new Set(files.filter((_, index) => index % 15 === 7));
  const heard = new Set([...out].map(sourceOf));
  const last = new Map(files.map((file) => [sourceOf(file), file]));
  for (const [source, file] of last) if (!heard.has(source)) out.add(file);
  return out;
}

function fillOf(name: string): 'chain' | 'single' {
  if (name === 'chain' || name === 'single') return name;
  throw new UnsupportedError(`a voice fills its time by 'chain' or 'single', not '${name}'`);
}
