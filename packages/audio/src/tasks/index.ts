import type { Task } from '@hourglass/core';
import { enhancementTask } from './enhancement/index.js';
import { separationTask } from './separation/index.js';

/** What the `hourglass` command can do when this package is installed. */
export const tasks: readonly Task[] = [enhancementTask, separationTask];
