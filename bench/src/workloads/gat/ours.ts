import { gat } from '../../models/gat.js';
import { trainingWorkload } from '../../training.js';

export const workload = trainingWorkload(
  'graph attention network on Cora: 2 layers, 8 heads of 8, dropout 0.6, Adam; the twin is PyTorch Geometric',
  gat,
);
