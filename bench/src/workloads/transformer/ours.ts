import { transformer } from '../../models/transformer.js';
import { trainingWorkload } from '../../training.js';

export const workload = trainingWorkload(
  'Transformer for sequence to sequence, 3 + 3 layers of width 256 with 8 heads, feed-forward 1024, dropout 0.1, vocabulary 8000, 32 sequences of 32, AdamW',
  transformer,
);
