import type { Task } from '@hourglass/core';
import { evaluateCommand } from './evaluate.js';
import { trainCommand } from './train.js';

/** Neural codecs: sound as few bits, and back. */
export const codecTask: Task = {
  name: 'codec',
  description: 'sound as few bits, and back',
  commands: { train: trainCommand, evaluate: evaluateCommand },
};
