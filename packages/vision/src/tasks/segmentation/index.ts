import type { Task } from '@hourglass/core';
import { evaluateCommand } from './evaluate.js';
import { infoCommand } from './info.js';
import { predictCommand } from './predict.js';
import { trainCommand } from './train.js';

/** Semantic segmentation: the class of every pixel. */
export const segmentationTask: Task = {
  name: 'segmentation',
  description: 'the class of every pixel of a picture',
  commands: { train: trainCommand, evaluate: evaluateCommand, predict: predictCommand, info: infoCommand },
};
