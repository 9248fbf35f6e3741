import { gruSeq2Seq } from '../../models/gru-seq2seq.js';
import { trainingWorkload } from '../../training.js';

export const workload = trainingWorkload(
  'GRU encoder and decoder with attention, hidden 256, vocabulary 8000, 32 sequences of 32, Adam',
  gruSeq2Seq,
);
