import { codec } from '../../models/codec.js';
import { trainingWorkload } from '../../training.js';

export const workload = trainingWorkload(
  'neural audio codec (as SoundStream) on 4 sounds of 16000 samples: strides 2, 4, 5, 8 from 32 channels, 4 codebooks of 1024, L1 and commitment, Adam',
  codec,
);
