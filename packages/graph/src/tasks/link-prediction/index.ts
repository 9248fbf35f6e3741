import type { Task } from '@hourglass/core';
import { evaluateCommand } from './evaluate.js';
import { infoCommand } from './info.js';
import { predictCommand } from './predict.js';
import { trainCommand } from './train.js';

/** Which nodes of a graph belong together. */
export const linkPredictionTask: Task = {
  name: 'link-prediction',
  description: 'links that a graph has not, but may',
  commands: { train: trainCommand, evaluate: evaluateCommand, predict: predictCommand, info: infoCommand },
};
