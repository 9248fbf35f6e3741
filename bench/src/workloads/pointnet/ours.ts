import { pointnet } from '../../models/pointnet.js';
import { trainingWorkload } from '../../training.js';

export const workload = trainingWorkload(
  'PointNet classifier on 32 clouds of 1024 points: shared layers 64-128-1024 with batch norm, maximum, 512-256, dropout, 40 classes, Adam',
  pointnet,
);
