import { gcn } from '../../models/gcn.js';
import { trainingWorkload } from '../../training.js';

export const workload = trainingWorkload(
  'graph convolutional network on Cora: 2 layers, hidden 16, dropout 0.5, Adam; the twin is PyTorch Geometric with its normalisation cached',
  gcn,
);
