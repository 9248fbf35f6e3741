import type { Paper } from '@hourglass/core';

/** Papers whose systems work in this package; docs/papers.md is made from all packages' lists. */
export const papers: readonly Paper[] = [
  {
    number: '374',
    title: 'Audio Time-Scale Modification with Temporal Compressing Networks',
    exports: ['TemporalCompressingNetwork', 'MultiScaleWaveDiscriminator'],
    test: 'test/papers/374-temporal-compressing.test.ts',
    testName: 'stretches time and keeps the pitch, where resampling keeps neither apart',
  },
  {
    number: '390',
    title: 'SoundStream: An End-to-End Neural Audio Codec',
    exports: [
      'SoundStream',
      'StftDiscriminator',
      'MultiScaleWaveDiscriminator',
      'MelReconstructionLoss',
      'featureMatchingLoss',
      'trainCodec',
      'FiLM',
    ],
    test: 'test/papers/390-soundstream.test.ts',
    testName: 'one model decodes with 1 to N quantisers, and every one more brings the sound nearer',
  },
  {
    number: '515',
    title: 'Pruned RNN-T for fast, memory-efficient ASR training',
    exports: ['rnntSimpleLoss', 'pruneRanges', 'pruneLabels', 'rnntPrunedLoss', 'rnntLoss'],
    test: 'test/papers/515-pruned-rnnt.test.ts',
    testName: 'bounds the full loss closely with few labels a frame, where runs spread evenly do not',
  },
];
