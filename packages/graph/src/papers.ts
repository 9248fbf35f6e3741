import type { Paper } from '@hourglass/core';

/** Papers whose systems work in this package; docs/papers.md is made from all packages' lists. */
export const papers: readonly Paper[] = [
  {
    number: '119',
    title: 'ResVGAE: Going Deeper with Residual Modules for Link Prediction',
    exports: ['ConvEncoder', 'VGAE', 'createGraphAutoencoder', 'trainLinkPrediction'],
    test: 'test/papers/119-resvgae.test.ts',
    testName: 'a deep VGAE loses precision with depth, with residual modules it does not',
  },
  {
    number: '445',
    title: 'E(n) Equivariant Graph Neural Networks',
    exports: ['EGNN', 'EGNNConv', 'DistanceDecoder'],
    test: 'test/papers/445-egnn.test.ts',
    testName: 'predict where charged bodies go better than a network that is not equivariant',
  },
  {
    number: '537',
    title: 'Cooperative Graph Neural Networks',
    exports: ['CoGNN'],
    test: 'test/papers/537-cognn.test.ts',
    testName: 'answer for the right neighbours where the same network without actions cannot',
  },
];
