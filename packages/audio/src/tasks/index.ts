import type { Task } from '@hourglass/core';

/** What the `hourglass` command can do when this package is installed. */
export const tasks: readonly Task[] = [];
