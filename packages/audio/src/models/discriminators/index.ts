export { Discriminator, DiscriminatorEnsemble, type Judgement } from './discriminator.js';
export * from './multi-period.js';
export { MultiScaleStftDiscriminator, type MultiScaleStftDiscriminatorOptions } from './multi-scale-stft.js';
export * from './multi-scale-wave.js';
export * from './stft.js';
