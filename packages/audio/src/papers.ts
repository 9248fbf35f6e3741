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
    number: '193',
    title: 'Stateful Conformer with Cache-based Inference for Streaming Automatic Speech Recognition',
    exports: ['FastConformerEncoder', 'FastConformerHybrid', 'RelativeAttention', 'ConvSubsampling'],
    test: 'test/papers/193-stateful-conformer.test.ts',
    testName: 'gives chunks with caches what it gives the whole under the mask, and computes every frame once',
  },
  {
    number: '350',
    title: 'AudioSlots: A slot-centric generative model for audio separation',
    exports: ['AudioSlots', 'audioSlotsLoss', 'trainAudioSlots'],
    test: 'test/papers/350-audioslots.test.ts',
    testName: 'slots learn to draw one source each: SI-SDR rises far above the mixture',
  },
  {
    number: '367',
    title: 'FRCRN: Boosting Feature Representation using Frequency Recurrence for Monaural Speech Enhancement',
    exports: ['FRCRN', 'frcrnLoss', 'complexIdealRatioMask', 'trainEnhancement'],
    test: 'test/papers/367-frcrn.test.ts',
    testName: 'its masks raise SI-SNR over the noisy sound, and over the same network without memories along frequency',
  },
  {
    number: '374',
    title: 'Audio Time-Scale Modification with Temporal Compressing Networks',
    exports: ['TemporalCompressingNetwork', 'MultiScaleWaveDiscriminator'],
    test: 'test/papers/374-temporal-compressing.test.ts',
    testName: 'learns to stretch time and keep the pitch, where resampling keeps neither apart',
  },
  {
    number: '383',
    title: 'SpeechT5: Unified-Modal Encoder-Decoder Pre-Training for Spoken Language Processing',
    exports: ['SpeechT5ForPreTraining', 'CodeMixer', 'SpeechT5ForSpeechToText', 'SpeechT5ForTextToSpeech'],
    test: 'test/papers/383-speecht5.test.ts',
    testName: 'pre-training on speech and text apart lowers the loss after fine-tuning',
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
