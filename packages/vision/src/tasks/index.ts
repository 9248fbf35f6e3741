import type { Task } from '@hourglass/core';

/** What the `hourglass` command can do with this package. */
export const tasks: readonly Task[] = [];
