import { foldingnet } from '../../models/foldingnet.js';
import { trainingWorkload } from '../../training.js';

export const workload = trainingWorkload(
  'FoldingNet autoencoder on 8 clouds of 1024 points: PointNet encoder 64-128-1024, code 512, two foldings of a 45 x 45 square, Chamfer distance, Adam',
  foldingnet,
);
