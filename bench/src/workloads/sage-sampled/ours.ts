import { sampledTraining } from '../../models/sage.js';
import type { Workload } from '../../workload.js';

export const workload: Workload = {
  description:
    'GraphSAGE on sampled parts of a random graph of 1,000,000 nodes and 10,000,000 edges with 64 features: 1,024 nodes a step with 10 and 10 neighbours drawn with replacement, 2 layers, hidden 64, Adam, the sampling included; the twin is PyTorch Geometric with a sampler in PyTorch, since its own needs pyg-lib',
  cases: { 'train step': { prepare: sampledTraining } },
};
