import * as tf from '@tensorflow/tfjs-core';
import { Conformer, DeepSpeech, Emformer, emformerRnnt, RNNT, Wav2Letter, type EmformerState } from '@hourglass/audio';
import { disposeTensors, Generator, normalTensor, scope } from '@hourglass/core';
import { expectClose, expectValues, useTestBackend } from '@hourglass/core/testing';
import { testModel } from '@hourglass/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const conformer = { inputDim: 6, numHeads: 2, ffnDim: 5, numLayers: 2, depthwiseConvKernelSize: 3 };
const framesOf =
  (features: number, extra = 0) =>
  (frames: number) => ({
    name: `${frames} frames`,
    make: (generator: Generator, examples: number) =>
      normalTensor([examples, frames + extra, features], 0, 1, generator),
    gives: (_: tf.Tensor, examples: number) => [examples, frames, features],
  });
const [small, other, single] = [5, 8, 1].map(framesOf(6)) as [never, never, never];

describe.each([false, true])('with group norm %s', (useGroupNorm) => {
  testModel('Conformer', {
    create: (generator) => new Conformer({ ...conformer, useGroupNorm, convolutionFirst: useGroupNorm }, generator),
    load: (folder) => Conformer.fromPretrained(folder),
    inputs: [small, other, single],
    training: useGroupNorm ? 'same' : 'different',
    wrong: [
      { name: 'other features', make: () => tf.zeros([1, 4, 5]) },
      { name: 'no batch', make: () => tf.zeros([4, 6]) },
    ],
  });
});

const emformer = {
  inputDim: 6,
  numHeads: 2,
  ffnDim: 5,
  numLayers: 2,
  segmentLength: 3,
  leftContextLength: 4,
  rightContextLength: 1,
  maxMemorySize: 2,
};

testModel('Emformer', {
  create: (generator) => new Emformer(emformer, generator),
  load: (folder) => Emformer.fromPretrained(folder),
  inputs: [framesOf(6, 1)(7), framesOf(6, 1)(6), framesOf(6, 1)(1)],
  forward: (model, x: tf.Tensor) => model.forward(x).output,
  wrong: [
    { name: 'other features', make: () => tf.zeros([1, 4, 5]) },
    { name: 'right context alone', make: () => tf.zeros([2, 1, 6]) },
  ],
});

const rnnt = {
  inputDim: 4,
  encodingDim: 6,
  numSymbols: 5,
  segmentLength: 4,
  rightContextLength: 2,
  timeReductionInputDim: 3,
  timeReductionStride: 2,
  transformerNumHeads: 2,
  transformerFfnDim: 5,
  transformerNumLayers: 1,
  transformerDropout: 0,
  transformerActivation: 'gelu',
  transformerLeftContextLength: 3,
  transformerMaxMemorySize: 1,
  transformerWeightInitScaleStrategy: 'depthwise',
  transformerTanhOnMem: true,
  symbolEmbeddingDim: 4,
  numLstmLayers: 1,
  lstmLayerNorm: true,
  lstmLayerNormEpsilon: 1e-3,
  lstmDropout: 0,
} as const;

testModel('DeepSpeech', {
  create: (generator) => new DeepSpeech({ nFeature: 6, nHidden: 5, nClass: 4 }, generator),
  load: (folder) => DeepSpeech.fromPretrained(folder),
  inputs: [5, 1].map((frames) => ({
    name: `${frames} frames`,
    make: (generator: Generator, examples: number) => normalTensor([examples, frames, 6], 0, 1, generator),
    gives: (_: tf.Tensor, examples: number) => [examples, frames, 4],
  })) as never,
  wrong: [{ name: 'other features', make: () => tf.zeros([1, 4, 5]) }],
});

testModel('Wav2Letter', {
  create: (generator) =>
    new Wav2Letter({ inputType: 'mfcc', numFeatures: 3, numClasses: 4, narrow: 10, wide: 10 }, generator),
  load: (folder) => Wav2Letter.fromPretrained(folder),
  inputs: [
    {
      name: '21 frames',
      make: (generator, examples) => normalTensor([examples, 21, 3], 0, 1, generator),
      gives: (_, examples) => [examples, 11, 4],
    },
  ],
  wrong: [{ name: 'other features', make: () => tf.zeros([1, 20, 2]) }],
});

interface Utterances {
  readonly sources: tf.Tensor;
  readonly targets: tf.Tensor;
}

testModel('Emformer RNN-T', {
  create: (generator) => emformerRnnt(rnnt, generator),
  load: (folder) => RNNT.fromPretrained(folder),
  inputs: [
    {
      name: '9 frames, 3 labels',
      make: (generator, examples): Utterances => ({
        sources: normalTensor([examples, 11, 4], 0, 1, generator),
        targets: tf.tensor2d(
          Array.from({ length: examples }, () => Array.from({ length: 3 }, () => generator.integer(0, 5))),
          [examples, 3],
          'int32',
        ),
      }),
      gives: (_, examples) => [examples, 4, 3, 5],
    },
  ],
  forward: (model, { sources, targets }) => scope(() => model.forward(sources, undefined, targets).logits),
  wrong: [
    {
      name: 'other features',
      make: () => ({ sources: tf.zeros([1, 8, 5]), targets: tf.zeros([1, 2], 'int32') }),
    },
  ],
});

describe('padding and streams', () => {
  beforeAll(() => useTestBackend('wasm'));

  it('an Emformer gives segments of a stream what it gives the whole', () => {
    // without memory, which a whole utterance makes of what its segments see at once
    for (const extra of [
      { maxMemorySize: 0 },
      { maxMemorySize: 0, rightContextLength: 0 },
      { maxMemorySize: 0, leftContextLength: 0 },
    ]) {
      const model = new Emformer({ ...emformer, ...extra }, new Generator(3)).eval();
      const { segmentLength: length, rightContextLength: right } = model.segmentation;
      scope(() => {
        const x = normalTensor([2, 4 * length + right, 6], 0, 1, new Generator(4));
        let state: EmformerState | null = null;
        const outputs = Array.from({ length: 4 }, (_, i) => {
          const next = model.infer(tf.slice(x, [0, i * length, 0], [2, length + right, 6]), undefined, state);
          state = next.state;
          return next.output;
        });
        expectClose(tf.concat(outputs, 1), model.forward(x).output, { atol: 1e-5 });
      });
      model.dispose();
    }
  });

  it('an Emformer sees left context, its segment and right context, and nothing else', () => {
    const model = new Emformer(
      { ...emformer, maxMemorySize: 0, numLayers: 1, rightContextLength: 2 },
      new Generator(3),
    ).eval();
    scope(() => {
      const x = normalTensor([1, 14, 6], 0, 1, new Generator(5));
      // frame 7 lies in the segment 6 … 8, sees 4 frames before it and 2 behind
      const gradient = tf.grad((x: tf.Tensor) =>
        tf.sum(tf.square(tf.slice(model.forward(x).output, [0, 7, 0], [1, 1, 6]))),
      )(x);
      const reached = Array.from(tf.sum(tf.abs(gradient), [0, 2]).dataSync(), (value) => value > 0);
      expect(reached).toEqual(Array.from({ length: 14 }, (_, t) => t >= 2 && t <= 10));
    });
    model.dispose();
  });

  it('frames of padding are not seen where no convolution reaches over the end', () => {
    const models = {
      conformer: new Conformer({ ...conformer, depthwiseConvKernelSize: 1 }, new Generator(6)).eval(),
      emformer: new Emformer({ ...emformer, rightContextLength: 0 }, new Generator(6)).eval(),
    };
    scope(() => {
      const generator = new Generator(7);
      const x = normalTensor([2, 9, 6], 0, 1, generator);
      const noise = tf.pad(normalTensor([1, 3, 6], 0, 1, generator), [
        [1, 0],
        [6, 0],
        [0, 0],
      ]);
      const lengths = [9, 6];
      const valid = (y: tf.Tensor): tf.Tensor => tf.slice(y, [1, 0, 0], [1, 6, 6]);
      const changed = tf.add(x, noise);
      expectClose(valid(models.conformer.forward(changed, lengths)), valid(models.conformer.forward(x, lengths)));
      const encode = (x: tf.Tensor): tf.Tensor => valid(models.emformer.forward(x, lengths).output);
      // the summary of the segment with the end counts padding in, as in the reference, but only later segments see it
      expectClose(encode(changed), encode(x));
    });
    for (const model of Object.values(models)) model.dispose();
  });

  it('a transducer transcribes and predicts in parts as at once, and leaves the states to the caller', () => {
    const model = emformerRnnt({ ...rnnt, transformerMaxMemorySize: 0, numLstmLayers: 2 }, new Generator(1)).eval();
    const before = tf.memory().numTensors;
    const x = normalTensor([1, 10, 4], 0, 1, new Generator(2));
    const targets = tf.tensor2d([[0, 3, 2, 2, 4]], [1, 5], 'int32');
    const whole = model.transcribe(x);
    const first = model.transcribeStreaming(scope(() => tf.slice(x, [0, 0, 0], [1, 6, 4])));
    const second = model.transcribeStreaming(
      scope(() => tf.slice(x, [0, 4, 0], [1, 6, 4])),
      undefined,
      first.state,
    );
    scope(() => expectClose(tf.concat([first.output, second.output], 1), whole.output, { atol: 1e-5 }));
    const all = model.predict(targets);
    const [start, end] = tf.split(targets, [2, 3], 1) as [tf.Tensor, tf.Tensor];
    const [a, b] = [model.predict(start), null as never];
    const rest = model.predict(end, a.state);
    scope(() => expectClose(tf.concat([a.output, rest.output], 1), all.output, { atol: 1e-5 }));
    expectValues(rest.state[1]!.h, all.state[1]!.h.dataSync(), { atol: 1e-5 });
    disposeTensors([whole, first, second, all, a, b, rest]);
    model.dispose();
    expect(tf.memory().numTensors).toBeLessThan(before);
    tf.dispose([x, targets, start, end]);
  });

  it('refuses what does not fit', () => {
    const model = new Emformer(emformer, new Generator(1));
    const x = tf.zeros([2, 5, 6]);
    expect(() => model.infer(x)).toThrow(/4 frames long, got 5/);
    expect(() => model.forward(x, [1])).toThrow(/2 sequences need 2 lengths, got 1/);
    expect(() => model.forward(x, [1, 9])).toThrow(/a length is 9/);
    expect(() => new Emformer({ ...emformer, activation: 'tanh' as never })).toThrow(/no activation 'tanh'/);
    expect(() => new Emformer({ ...emformer, numHeads: 4 })).toThrow(/6 features do not divide into 4 heads/);
    expect(() => new Emformer({ ...emformer, leftContextLength: -1 })).toThrow(/leftContextLength is -1/);
    expect(() => new Conformer({ ...conformer, depthwiseConvKernelSize: 4 })).toThrow(/must be odd/);
    model.dispose();
    x.dispose();
  });
});
