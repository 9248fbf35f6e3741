import type { Task } from '@hourglass/core';
import { evaluateCommand } from './evaluate.js';
import { infoCommand } from './info.js';
import { predictCommand } from './predict.js';
import { trainCommand } from './train.js';

/** Sequences through a bottleneck and back. */
export const autoencoderTask: Task = {
  name: '__name__-autoencoder',
  description: 'sequences as few numbers, and back',
  commands: { train: trainCommand, evaluate: evaluateCommand, predict: predictCommand, info: infoCommand },
};
