import { gcnOnMillions } from '../../models/gcn.js';
import { trainingWorkload } from '../../training.js';

export const workload = trainingWorkload(
  'graph convolutional network, full batch, on a random graph of 1,000,000 nodes and 10,000,000 edges with 64 features: 2 layers, hidden 64, dropout 0.5, Adam; the twin is PyTorch Geometric with its normalisation cached',
  gcnOnMillions,
);
