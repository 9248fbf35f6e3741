import type { Task } from '@hourglass/core';
import { evaluateCommand } from './evaluate.js';
import { infoCommand } from './info.js';
import { predictCommand } from './predict.js';
import { trainCommand } from './train.js';

/** Speech to text. */
export const speechRecognitionTask: Task = {
  name: 'speech-recognition',
  description: 'write what is said',
  commands: { train: trainCommand, evaluate: evaluateCommand, predict: predictCommand, info: infoCommand },
};
