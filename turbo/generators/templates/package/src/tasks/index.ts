import type { Task } from '@hourglass/core';
import { autoencoderTask } from './autoencoder/index.js';

/** What the `hourglass` command can do when this package is installed. */
export const tasks: readonly Task[] = [autoencoderTask];
