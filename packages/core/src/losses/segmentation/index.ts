export * from './focal.js';
export type { SegmentationMode } from './inputs.js';
export * from './lovasz.js';
export * from './mcc.js';
export * from './region.js';
export * from './soft-targets.js';
