export * from './spectrogram-picture.js';
