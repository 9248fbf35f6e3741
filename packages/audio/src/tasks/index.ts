import type { Task } from '@hourglass/core';
import { codecTask } from './codec/index.js';
import { enhancementTask } from './enhancement/index.js';
import { separationTask } from './separation/index.js';
import { speechRecognitionTask } from './speech-recognition/index.js';

/** What the `hourglass` command can do when this package is installed. */
export const tasks: readonly Task[] = [codecTask, enhancementTask, separationTask, speechRecognitionTask];
