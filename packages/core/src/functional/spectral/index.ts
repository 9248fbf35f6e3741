export { complex, complexMul, complexParts, conjugate } from './complex.js';
export { fourierTransform } from '../../completion/host/fft.js';
export * from './fft.js';
export * from './frames.js';
export * from './mel.js';
export * from './stft.js';
export * from './windows.js';
