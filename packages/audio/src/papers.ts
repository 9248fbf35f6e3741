import type { Paper } from '@hourglass/core';

/** Papers whose systems work in this package; docs/papers.md is made from all packages' lists. */
export const papers: readonly Paper[] = [
  {
    number: '383',
    title: 'SpeechT5: Unified-Modal Encoder-Decoder Pre-Training for Spoken Language Processing',
    exports: ['SpeechT5ForPreTraining', 'CodeMixer', 'SpeechT5ForSpeechToText', 'SpeechT5ForTextToSpeech'],
    test: 'test/papers/383-speecht5.test.ts',
    testName: 'pre-training on speech and text apart lowers the loss after fine-tuning; both use the same codes',
  },
  {
    number: '515',
    title: 'Pruned RNN-T for fast, memory-efficient ASR training',
    exports: ['rnntSimpleLoss', 'pruneRanges', 'pruneLabels', 'rnntPrunedLoss', 'rnntLoss'],
    test: 'test/papers/515-pruned-rnnt.test.ts',
    testName: 'bounds the full loss closely with few labels a frame, where runs spread evenly do not',
  },
];
