export * from './contact-sheet.js';
export { openSegmentationDataset } from './datasets/open.js';
export type { FolderDataset, OpenOptions, SegmentationLayout } from './datasets/open.js';
export { listPictures } from './datasets/pictures.js';
export { decodeImage, imageSize, type DecodeOptions } from './decode-image.js';
export { decodeMask, type DecodeMaskOptions } from './decode-mask.js';
export * from './encode.js';
export * from './example-sheet.js';
export * from './predict-file.js';
