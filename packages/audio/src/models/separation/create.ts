import {
  loadPretrained,
  UnsupportedError,
  type ConfiguredModel,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { ConvTasNet, convTasNetFamilies } from './conv-tasnet.js';
import { deMaskFamilies } from './demask.js';
import { DPRNNTasNet, dprnnTasNetFamilies } from './dprnn-tasnet.js';
import { DPTNet, dptNetFamilies } from './dptnet.js';
import { hdemucsFamilies } from './hdemucs/index.js';
import type { Separator } from './separator.js';
import { LSTMTasNet, lstmTasNetFamilies } from './lstm-tasnet.js';
import { SuDORMRFNet, suDORMRFFamilies } from './sudormrf.js';
import { torchaudioConvTasNetFamilies } from './torchaudio-conv-tasnet.js';

/** A separator that can be saved and loaded. */
export type SeparationModel = Separator & ConfiguredModel<object>;

/** Networks that can be trained to separate voices by name. */
export const separationArchitectures = ['conv-tasnet', 'dprnn', 'dptnet', 'lstm-tasnet', 'sudormrf'] as const;
export type SeparationArchitecture = (typeof separationArchitectures)[number];

/** `small` has about a million parameters, for a CPU; `paper` those of the paper. */
export const separationSizes = ['small', 'paper'] as const;
export type SeparationSize = (typeof separationSizes)[number];

export interface SeparatorChoice {
  /** Default `conv-tasnet`. */
  readonly architecture?: SeparationArchitecture;
  /** Default `small`. */
  readonly size?: SeparationSize;
  /** Default 2. */
  readonly sources?: number;
  /** Hz. Default 8000. */
  readonly sampleRate?: number;
}

type Base = { readonly nSrc: number; readonly sampleRate: number };
type Maker = (base: Base, generator?: Generator) => SeparationModel;

/** So many frames a second, a quarter of the papers' for Conv-TasNet: cheaper, and a network sees further with as many layers. */
const coarse = ({ sampleRate }: Base, rate: number): { readonly kernelSize: number; readonly stride: number } => {
  const stride = Math.round(sampleRate / rate);
  return { kernelSize: 2 * stride, stride };
};

const makers: Readonly<Record<SeparationArchitecture, Readonly<Record<SeparationSize, Maker>>>> = {
  'conv-tasnet': {
    small: (base, generator) =>
      new ConvTasNet(
        {
          ...base,
          ...coarse(base, 250),
          nFilters: 512,
          bnChan: 128,
          hidChan: 256,
          skipChan: 0,
          nBlocks: 6,
          nRepeats: 2,
          encoderActivation: 'relu',
          maskAct: 'relu',
        },
        generator,
      ),
    paper: (base, generator) => new ConvTasNet({ ...base, encoderActivation: 'relu', maskAct: 'relu' }, generator),
  },
  dprnn: {
    small: (base, generator) =>
      new DPRNNTasNet(
        { ...base, ...coarse(base, 500), nFilters: 128, bnChan: 64, hidSize: 96, nRepeats: 4, chunkSize: 56 },
        generator,
      ),
    paper: (base, generator) =>
      new DPRNNTasNet({ ...base, kernelSize: 2, stride: 1, chunkSize: 250, nFilters: 64 }, generator),
  },
  dptnet: {
    small: (base, generator) =>
      new DPTNet({ ...base, ...coarse(base, 500), nFilters: 64, ffHid: 96, nRepeats: 4, chunkSize: 56 }, generator),
    paper: (base, generator) =>
      new DPTNet({ ...base, kernelSize: 2, stride: 1, chunkSize: 250, nFilters: 64 }, generator),
  },
  'lstm-tasnet': {
    small: (base, generator) =>
      new LSTMTasNet(
        { ...base, ...coarse(base, 500), nFilters: 128, hidSize: 192, nLayers: 2, dropout: 0.1 },
        generator,
      ),
    paper: (base, generator) => new LSTMTasNet({ ...base, nFilters: 500, hidSize: 500 }, generator),
  },
  sudormrf: {
    small: (base, generator) =>
      new SuDORMRFNet(
        { ...base, kernelSize: 21, nFilters: 256, bnChan: 96, numBlocks: 12, variant: 'improved' },
        generator,
      ),
    paper: (base, generator) => new SuDORMRFNet({ ...base, variant: 'improved' }, generator),
  },
};

/** A new model that takes mixtures apart. @throws UnsupportedError for an architecture or a size that there is not */
export function createSeparator(choice: SeparatorChoice = {}, generator?: Generator): SeparationModel {
  const { architecture = 'conv-tasnet', size = 'small', sources = 2, sampleRate = 8000 } = choice;
  if (!Object.hasOwn(makers, architecture) || !separationSizes.includes(size)) {
    throw new UnsupportedError(
      `there is no ${size} ${architecture}; there are ${separationArchitectures.join(', ')}, each ${separationSizes.join(' or ')}`,
    );
  }
  return makers[architecture][size]({ nSrc: sources, sampleRate }, generator);
}

/** Checkpoints of every separator of this package. */
export const separatorFamilies: ReadonlyArray<ModelFamily<SeparationModel>> = [
  ...convTasNetFamilies,
  ...dprnnTasNetFamilies,
  ...dptNetFamilies,
  ...lstmTasNetFamilies,
  ...suDORMRFFamilies,
  ...torchaudioConvTasNetFamilies,
  ...deMaskFamilies,
  ...hdemucsFamilies,
];

/** Loads any separator: a folder, file, URL or hub id. */
export function loadSeparator(source: string, options: OpenOptions = {}): Promise<SeparationModel> {
  return loadPretrained(source, separatorFamilies, options);
}
