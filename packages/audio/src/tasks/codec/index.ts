import type { Task } from '@hourglass/core';
import { decodeCommand } from './decode.js';
import { encodeCommand } from './encode.js';
import { evaluateCommand } from './evaluate.js';
import { infoCommand } from './info.js';
import { trainCommand } from './train.js';

/** Neural codecs: sound as few bits, and back. */
export const codecTask: Task = {
  name: 'codec',
  description: 'sound as few bits, and back',
  commands: { train: trainCommand, evaluate: evaluateCommand, info: infoCommand },
  ownCommands: { 'codec encode': encodeCommand, 'codec decode': decodeCommand },
};
