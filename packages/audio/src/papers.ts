import type { Paper } from '@hourglass/core';

/** Papers whose systems work in this package; docs/papers.md is made from all packages' lists. */
export const papers: readonly Paper[] = [
  {
    number: '515',
    title: 'Pruned RNN-T for fast, memory-efficient ASR training',
    exports: ['rnntSimpleLoss', 'pruneRanges', 'pruneLabels', 'rnntPrunedLoss', 'rnntLoss'],
    test: 'test/papers/515-pruned-rnnt.test.ts',
    testName: 'bounds the full loss closely with few labels a frame, where runs spread evenly do not',
  },
];
