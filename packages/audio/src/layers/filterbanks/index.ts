export * from './encoder-decoder.js';
export * from './filterbank.js';
export * from './free.js';
export * from './multiphase-gammatone.js';
export * from './param-sinc.js';
export * from './stft.js';
