import type { Task } from '@hourglass/core';
import { separationTask } from './separation/index.js';

/** What the `hourglass` command can do when this package is installed. */
export const tasks: readonly Task[] = [separationTask];
import { speechRecognitionTask } from './speech-recognition/index.js';

/** What the `hourglass` command can do when this package is installed. */
export const tasks: readonly Task[] = [speechRecognitionTask];
