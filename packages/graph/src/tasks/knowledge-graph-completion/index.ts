import type { Task } from '@hourglass/core';
import { evaluateCommand } from './evaluate.js';
import { infoCommand } from './info.js';
import { predictCommand } from './predict.js';
import { trainCommand } from './train.js';

/** The triples that a knowledge graph lacks. */
export const knowledgeGraphCompletionTask: Task = {
  name: 'knowledge-graph-completion',
  description: 'the triples that a knowledge graph lacks: tails of heads and relations, and heads of tails',
  commands: { train: trainCommand, evaluate: evaluateCommand, predict: predictCommand, info: infoCommand },
};
