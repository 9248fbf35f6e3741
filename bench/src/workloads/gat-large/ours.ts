import { gatOnMillions } from '../../models/gat.js';
import { trainingWorkload } from '../../training.js';

export const workload = trainingWorkload(
  'graph attention network, full batch, on a random graph of 1,000,000 nodes and 10,000,000 edges with 64 features: 8 heads of 8 and one of 16, dropout 0.6, Adam; the twin is PyTorch Geometric',
  gatOnMillions,
);
