import type { Task } from '@hourglass/core';
import { evaluateCommand } from './evaluate.js';
import { infoCommand } from './info.js';
import { predictCommand } from './predict.js';
import { trainCommand } from './train.js';

/** The class of whole graphs. */
export const graphClassificationTask: Task = {
  name: 'graph-classification',
  description: 'the class of each of many graphs',
  commands: { train: trainCommand, evaluate: evaluateCommand, predict: predictCommand, info: infoCommand },
};
