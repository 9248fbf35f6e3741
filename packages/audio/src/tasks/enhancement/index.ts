import type { Task } from '@hourglass/core';
import { evaluateCommand } from './evaluate.js';
import { infoCommand } from './info.js';
import { predictCommand } from './predict.js';
import { trainCommand } from './train.js';

/** Speech enhancement: what is said, without the noise. */
export const enhancementTask: Task = {
  name: 'enhancement',
  description: 'noise taken out of speech',
  commands: { train: trainCommand, evaluate: evaluateCommand, predict: predictCommand, info: infoCommand },
};
