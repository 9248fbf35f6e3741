import type { Paper } from '@hourglass/core';

/** Papers whose systems work in this package; docs/papers.md is made from all packages' lists. */
export const papers: readonly Paper[] = [
  {
    number: '119',
    title: 'ResVGAE: Going Deeper with Residual Modules for Link Prediction',
    exports: ['ConvEncoder', 'VGAE', 'createGraphAutoencoder', 'trainLinkPrediction'],
    test: 'test/papers/119-resvgae.test.ts',
    testName: 'a VGAE loses precision with depth, and less of it with residual modules',
  },
  {
    number: '361',
    title: 'Time-varying Signals Recovery via Graph Neural Networks',
    exports: ['TimeGNN', 'ChebCascade', 'sobolevSmoothness', 'temporalDifference'],
    test: 'test/papers/361-timegnn.test.ts',
    testName: 'recovers hidden values better than Tikhonov, and than smooth differences where changes are rough',
  },
  {
    number: '377',
    title: 'Modeling Relational Data with Graph Convolutional Networks',
    exports: ['RGCNConv', 'RGCN', 'RelationalAutoencoder', 'trainRelationalAutoencoder'],
    test: 'test/papers/377-rgcn.test.ts',
    testName: 'an R-GCN encoder with DistMult infers composed facts that DistMult alone cannot',
  },
  {
    number: '426',
    title: 'Learning Graph Structure from Convolutional Mixtures',
    exports: ['GDN', 'GraphDeconvolutionLayer'],
    test: 'test/papers/426-gdn.test.ts',
    testName: 'recovers latent graphs better than thresholds of the mixture or of its inverse, also larger ones',
  },
  {
    number: '443',
    title: 'Towards Deeper Graph Neural Networks',
    exports: ['DAGNN', 'AdaptivePropagation', 'smoothness', 'GCN'],
    test: 'test/papers/443-dagnn.test.ts',
    testName: 'rises to 24 hops, where a GCN of many layers and hops without scores fall',
  },
  {
    number: '445',
    title: 'E(n) Equivariant Graph Neural Networks',
    exports: ['EGNN', 'EGNNConv', 'DistanceDecoder'],
    test: 'test/papers/445-egnn.test.ts',
    testName: 'predict where charged bodies go better than a network that is not equivariant',
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
  {
    number: '514',
    title: 'Simplifying Graph Convolutional Networks',
    exports: ['SGConv', 'propagateHops', 'GCN'],
    test: 'test/papers/514-sgc.test.ts',
    testName: 'softmax regression on features spread once is within a point of GCN, and trains far faster',
  },
  {
    number: '537',
    title: 'Cooperative Graph Neural Networks',
    exports: ['CoGNN'],
    test: 'test/papers/537-cognn.test.ts',
    testName: 'answer for the right neighbours where the same network without actions cannot',
  },
];
