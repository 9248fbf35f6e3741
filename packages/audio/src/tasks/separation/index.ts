import type { Task } from '@hourglass/core';
import { evaluateCommand } from './evaluate.js';
import { infoCommand } from './info.js';
import { predictCommand } from './predict.js';
import { trainCommand } from './train.js';

/** Source separation: the voices of a mixture, each alone. */
export const separationTask: Task = {
  name: 'separation',
  description: 'the voices of a mixture, each alone',
  commands: { train: trainCommand, evaluate: evaluateCommand, predict: predictCommand, info: infoCommand },
  ownCommands: { separate: predictCommand },
};
