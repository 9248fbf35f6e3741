export type { Waveform } from '../data/waveform.js';
