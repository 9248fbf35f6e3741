export * from './decoders/index.js';
export * from './encoders/index.js';
export * from './heads.js';
export * from './multiply-adds.js';
export * from './resnet-image-classification.js';
export * from './segmentation.js';
export * from './torchvision.js';
export * from './unetplusplus-pruning.js';
