export { ctcArchitectures, CtcNetwork, type CtcArchitecture, type CtcNetworkConfig } from './ctc-network.js';
export { LogMelFeatures, type LogMelOptions } from './log-mel.js';
export * from './recognizer.js';
export * from './vocabulary.js';
