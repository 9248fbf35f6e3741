import { check } from '@hourglass/core';
import {
  DiscriminatorEnsemble,
  MultiPeriodDiscriminator,
  MultiScaleStftDiscriminator,
  MultiScaleWaveDiscriminator,
  StftDiscriminator,
  type Discriminator,
} from '../../models/discriminators/index.js';

/** Discriminators by name: EnCodec's, SoundStream's two, DAC's and HiFi-GAN's. */
export const discriminatorNames = ['ms-stft', 'soundstream', 'multi-period'] as const;
export type DiscriminatorName = (typeof discriminatorNames)[number];

export interface AdversaryOptions {
  /** Default 1. */
  readonly channels?: number;
  /** Width of the discriminators, relative to the papers'. Default 1. */
  readonly width?: number;
}

/** The discriminators of a name, with weights from the default generator. @throws InvalidArgumentError for an unknown name */
export function createDiscriminator(name: DiscriminatorName, options: AdversaryOptions = {}): Discriminator {
  const { channels = 1, width = 1 } = options;
  check(
    discriminatorNames.includes(name),
    () => `there are no discriminators '${name}'; there are ${discriminatorNames.join(', ')}`,
  );
  const wide = (size: number): number => Math.max(1, Math.round(size * width));
  if (name === 'ms-stft') return new MultiScaleStftDiscriminator({ channels, filters: wide(32) });
  if (name === 'multi-period') {
    return new MultiPeriodDiscriminator({ channels, widths: [32, 128, 512, 1024, 1024].map(wide) });
  }
  // groups of 4 channels
  const filters = 4 * Math.max(1, Math.round((16 * width) / 4));
  return new DiscriminatorEnsemble([
    new StftDiscriminator({ channels, filters: wide(32) }),
    new MultiScaleWaveDiscriminator({ channels, filters, maxFilters: 64 * filters }),
  ]);
}
