import { unet } from '../../models/unet.js';
import { trainingWorkload } from '../../training.js';

export const workload = trainingWorkload(
  'U-Net 32-64-128-256 with batch norm on 4 pictures of 128 x 128, 8 classes, cross entropy, AdamW',
  unet,
);
