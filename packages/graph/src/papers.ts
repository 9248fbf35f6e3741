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
    number: '361',
    title: 'Time-varying Signals Recovery via Graph Neural Networks',
    exports: ['TimeGNN', 'ChebCascade', 'sobolevSmoothness', 'temporalDifference'],
    test: 'test/papers/361-timegnn.test.ts',
    testName: 'recovers hidden values better than Tikhonov, and than smooth differences where changes are rough',
  },
  {
    number: '426',
    title: 'Learning Graph Structure from Convolutional Mixtures',
    exports: ['GDN', 'GraphDeconvolutionLayer'],
    test: 'test/papers/426-gdn.test.ts',
    testName: 'recovers latent graphs better than thresholds of the mixture or of its inverse, also larger ones',
  },
  {
    number: '477',
    title: 'VQGraph: Rethinking Graph Representation Space for Bridging GNNs and MLPs',
    exports: ['VQGraph', 'GraphFreeStudent', 'distillationTargets', 'distillationLoss'],
    test: 'test/papers/477-vqgraph.test.ts',
    testName: 'codes are used widely; a student without graph learns more from soft code assignments',
  },
  {
    number: '492',
    title: 'Structured Sequence Modeling with Graph Convolutional Recurrent Networks',
    exports: ['GCRN', 'GConvLSTM', 'ChebConv'],
    test: 'test/papers/492-gcrn.test.ts',
    testName: 'both models predict moving digits on a grid of pixels better than an LSTM of as many parameters',
  },
];
