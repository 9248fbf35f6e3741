export { ConvEncoder, encoderConvs, type ConvEncoderConfig, type GraphEncoder } from './encoder.js';
export {
  ARGA,
  ARGVA,
  createGraphAutoencoder,
  GAE,
  graphAutoencoderFamilies,
  VGAE,
  type ARGAOptions,
  type GAEOptions,
  type GraphAutoencoderConfig,
  type VGAEOptions,
} from './gae.js';
