import type { Paper } from '@hourglass/core';

/** Papers whose systems work in this package; docs/papers.md is made from all packages' lists. */
export const papers: readonly Paper[] = [];
