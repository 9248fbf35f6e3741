import type { Paper } from '@hourglass/core';

/** Papers whose systems work in this package; docs/papers.md is made from all packages' lists. */
export const papers: readonly Paper[] = [
  {
    number: '013',
    title:
      'Singing Voice Separation Using a Deep Convolutional Neural Network Trained by Ideal Binary Mask and Cross Entropy',
    exports: ['MaskNetwork', 'trainMaskNetwork', 'idealBinaryMask', 'globalNormalizedSdr'],
    test: 'test/papers/013-mask-network.test.ts',
    testName:
      'the trained mask raises SDR without a filter behind it, and pre-training as an autoencoder of voices helps',
  },
  {
    number: '350',
    title: 'AudioSlots: A slot-centric generative model for audio separation',
    exports: ['AudioSlots', 'audioSlotsLoss', 'trainAudioSlots'],
    test: 'test/papers/350-audioslots.test.ts',
    testName: 'slots learn to draw one source each: SI-SDR rises far above the mixture',
  },
  {
    number: '515',
    title: 'Pruned RNN-T for fast, memory-efficient ASR training',
    exports: ['rnntSimpleLoss', 'pruneRanges', 'pruneLabels', 'rnntPrunedLoss', 'rnntLoss'],
    test: 'test/papers/515-pruned-rnnt.test.ts',
    testName: 'bounds the full loss closely with few labels a frame, where runs spread evenly do not',
  },
];
