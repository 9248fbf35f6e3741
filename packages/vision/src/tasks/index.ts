import type { Task } from '@hourglass/core';
import { segmentationTask } from './segmentation/index.js';

/** What the `hourglass` command can do with this package. */
export const tasks: readonly Task[] = [segmentationTask];
