export * from './box-iou.js';
export * from './nms.js';
