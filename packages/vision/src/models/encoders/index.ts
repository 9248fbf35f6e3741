export * from './config.js';
export * from './encoder.js';
export * from './infer-resnet.js';
export * from './pretrained.js';
export * from './resnet-blocks.js';
export * from './resnet-spec.js';
export * from './resnet.js';
export * from './unet.js';
