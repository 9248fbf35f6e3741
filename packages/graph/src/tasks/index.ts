import type { Task } from '@hourglass/core';
import { graphClassificationTask } from './graph-classification/index.js';
import { knowledgeGraphCompletionTask } from './knowledge-graph-completion/index.js';
import { linkPredictionTask } from './link-prediction/index.js';
import { nodeClassificationTask } from './node-classification/index.js';

/** What the `hourglass` command can do when this package is installed. */
export const tasks: readonly Task[] = [
  nodeClassificationTask,
  linkPredictionTask,
  knowledgeGraphCompletionTask,
  graphClassificationTask,
];
