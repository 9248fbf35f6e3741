import { vitMae } from '../../models/vit-mae.js';
import { trainingWorkload } from '../../training.js';

export const workload = trainingWorkload(
  'masked autoencoder (ViT-MAE) on 8 pictures of 224 x 224: patches of 16 x 16, 75 % masked, encoder 6 layers of width 384 with 6 heads, decoder 2 of 192, AdamW',
  vitMae,
);
