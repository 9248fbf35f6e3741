import * as tf from '@tensorflow/tfjs-core';
import {
  Adam,
  FiniteScalarQuantizer,
  GaussianBottleneck,
  Generator,
  IdentityBottleneck,
  normalTensor,
  perplexity,
  ResidualVectorQuantizer,
  scope,
  uniformTensor,
  useBackend,
  valueAndGradients,
  VectorQuantizer,
  type Bottleneck,
} from '@hourglass/core';
import { expectClose, expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe.each(testBackends('webgpu', 'native', 'wasm', 'cpu'))('bottlenecks on %s', (backend) => {
  const generator = new Generator(8);
  const random = (...shape: number[]): tf.Tensor => normalTensor(shape, 0, 1, generator);
  const all = (): [string, Bottleneck][] => [
    ['identity', new IdentityBottleneck(4)],
    ['Gaussian', new GaussianBottleneck(2, { generator })],
    ['moving averages', new VectorQuantizer(6, 4, { revive: 0.1, generator })],
    ['gradients', new VectorQuantizer(6, 4, { codebook: 'gradient', revive: 0.1, generator })],
    ['cosine', new VectorQuantizer(6, 4, { cosine: true, generator })],
    ['residual', new ResidualVectorQuantizer(3, 6, 4, { quantizerDropout: 0.5, generator })],
    ['scalars', new FiniteScalarQuantizer([8, 5, 3, 4])],
  ];

  beforeAll(async () => {
    await useBackend(backend);
    tf.engine().startScope();
  });
  afterAll(() => tf.engine().endScope());

  it('share one interface, pass gradients to the encoder, and leave nothing behind', () => {
    const x = random(2, 5, 4);
    const weights: Record<number, tf.Tensor> = { 2: random(2, 5, 2), 4: random(2, 5, 4) };
    for (const [name, bottleneck] of all()) {
      const step = (): void =>
        scope(() => {
          const { value, penalty, codes, metrics } = bottleneck.forward(x);
          expect(value.shape, name).toEqual([2, 5, bottleneck.outChannels]);
          expect([penalty.shape, codes?.dtype ?? 'int32'], name).toEqual([[], 'int32']);
          for (const metric of Object.values(metrics)) expect(Number.isFinite(metric.dataSync()[0])).toBe(true);
          const dx = tf.grad((x) => {
            const { value, penalty } = bottleneck.forward(x);
            return tf.add(tf.sum(tf.mul(value, weights[value.shape[2]!]!)), penalty);
          })(x);
          expect(tf.min(tf.max(tf.abs(dx), [0, 1])).dataSync()[0], name).toBeGreaterThan(0);
        });
      step();
      const before = tf.memory().numTensors;
      step();
      expect(tf.memory().numTensors, name).toBe(before);
      expect(() => bottleneck.forward(random(2, 3)), name).toThrow('takes [..., 4], got [2, 3]');
      bottleneck.dispose();
    }
  });

  it('Gaussian: mean in evaluation, samples in training, divergence from the unit Gaussian', () => {
    const bottleneck = new GaussianBottleneck(2, { spread: 'log-std', limits: [-10, 10], beta: 0.5, generator });
    const [mean, spread] = [tf.tensor2d([1, -2], [1, 2]), tf.tensor2d([0.5, -0.25], [1, 2])];
    const x = tf.tile(tf.concat([mean, spread], 1), [4000, 1]);
    const { value: samples } = bottleneck.forward(x);
    const { mean: ofSamples, variance } = tf.moments(samples, 0);
    expectValues(ofSamples, [1, -2], { atol: 0.1 });
    expectValues(tf.sqrt(variance), [Math.exp(0.5), Math.exp(-0.25)], { atol: 0.1 });
    const { value, penalty, metrics } = bottleneck.eval().forward(tf.slice(x, 0, 2));
    expectValues(value, [1, -2, 1, -2]);
    const kl = [
      [1, 0.5],
      [-2, -0.25],
    ].reduce((sum, [m, s]) => sum + 0.5 * (m! ** 2 + Math.exp(2 * s!) - 2 * s! - 1), 0);
    expectValues(penalty, [kl / 2]);
    expectValues(metrics['kl']!, [kl]);
    const few = random(3, 4);
    expectGradient((x) => bottleneck.forward(x).penalty, [few]);
    // the reparametrisation trick: the noise repeats, so that differences show the gradient of the sample
    expectGradient((x) => new GaussianBottleneck(2, { generator: new Generator(5) }).forward(x).value, [few]);
  });

  it('moving averages: the codebook moves to its vectors in training only', () => {
    const quantizer = new VectorQuantizer(2, 2, { decay: 0.5, commitment: 1, generator });
    quantizer.embed.assign(tf.tensor2d([0, 0, 4, 4], [2, 2]));
    quantizer.embed_avg!.assign(quantizer.embed.value);
    const x = tf.tensor2d([1, 0, 0, 1, 5, 4], [3, 2]);
    const still = quantizer.eval().forward(x);
    expectValues(still.codes!, [0, 0, 1]);
    expectValues(still.value, [0, 0, 0, 0, 4, 4]);
    expectValues(still.penalty, [0.5]);
    expectValues(quantizer.embed.value, [0, 0, 4, 4]);
    quantizer.train().forward(x);
    // sums (0 + 1) / 2 and (4 + 5) / 2 over counts (1 + 2) / 2 and (1 + 1) / 2
    expectValues(quantizer.embed.value, [1 / 3, 1 / 3, 4.5, 4], { rtol: 1e-4 });
    expect(quantizer.parameters()).toHaveLength(0);
    expectValues(quantizer.lookup(tf.tensor1d([1, 0], 'int32')), [4.5, 4, 1 / 3, 1 / 3], { rtol: 1e-4 });
  });

  it.each(['ema', 'gradient'] as const)('replaces codes without use by vectors of the batch (%s)', (codebook) => {
    const centres = tf.tensor2d([9, 0, 0, 9, -9, 0, 0, -9], [4, 2]);
    const x = tf.add(tf.tile(centres, [20, 1]), tf.mul(0.1, random(80, 2)));
    const used = (revive: number): number => {
      const quantizer = new VectorQuantizer(16, 2, { codebook, revive, generator: new Generator(3) });
      // all codes but one far away
      quantizer.embed.assign(tf.concat([tf.zeros([1, 2]), tf.fill([15, 2], 1e3)]));
      quantizer.embed_avg?.assign(quantizer.embed.value);
      for (let i = 0; i < 4; i++) tf.dispose(Object.values(quantizer.forward(x)) as tf.Tensor[]);
      return quantizer.eval().forward(x).metrics['perplexity']!.dataSync()[0]!;
    };
    expect(used(0)).toBeCloseTo(1);
    expect(used(0.5)).toBeGreaterThan(6);
  });

  it('leaves codes alone that are rare because the batches are small', () => {
    const quantizer = new VectorQuantizer(32, 2, { revive: 2, decay: 0.9, generator: new Generator(4) });
    const points = random(32, 2);
    // every code has its point, and each batch half of them
    quantizer.embed.assign(points);
    quantizer.embed_avg!.assign(tf.mul(points, 10));
    quantizer.cluster_size.assign(tf.fill([32], 10));
    const at = Array.from({ length: 16 }, (_, i) => 2 * i);
    for (let i = 0; i < 40; i++) {
      scope(() => quantizer.forward(tf.gather(points, tf.tensor1d(at.map((k) => k + (i % 2)), 'int32'))).value); // prettier-ignore
    }
    expectClose(quantizer.embed.value, points, { atol: 1e-3 });
  });

  it('gradients: codebook and commitment loss pull at codes and encoder', () => {
    const quantizer = new VectorQuantizer(5, 3, { codebook: 'gradient', generator });
    const x = random(7, 3);
    const { gradients } = valueAndGradients(() => quantizer.forward(x).penalty, quantizer.parameters());
    const { codes } = quantizer.forward(x);
    const chosen = quantizer.lookup(codes!);
    const ofCodes = tf.unsortedSegmentSum(tf.mul(tf.sub(chosen, x), 2 / 21), codes as tf.Tensor1D, 5);
    expectClose(gradients.get(quantizer.embed as never)!, ofCodes);
    const [dx] = tf.grads((x) => quantizer.forward(x!).penalty)([x]);
    expectClose(dx!, tf.mul(tf.sub(x, chosen), (0.25 * 2) / 21));
    const optimizer = new Adam(quantizer.parameters(), { lr: 0.05 });
    const distance = (): number => quantizer.forward(x).metrics['distance']!.dataSync()[0]!;
    const first = distance();
    for (let i = 0; i < 40; i++) {
      optimizer.step(valueAndGradients(() => quantizer.forward(x).penalty, quantizer.parameters()).gradients);
    }
    expect(distance()).toBeLessThan(first / 2);
  });

  it('scores every code; the best score is the code', () => {
    for (const cosine of [false, true]) {
      const quantizer = new VectorQuantizer(9, 3, { cosine, generator }).eval();
      quantizer.embed.assign(random(9, 3));
      const x = random(2, 6, 3);
      const { codes, value } = quantizer.forward(x);
      const scores = quantizer.scores(x);
      expectValues(tf.argMax(scores, -1), codes!.dataSync());
      if (cosine) expectClose(tf.sum(tf.square(value), -1), tf.ones([2, 6]));
      else expectClose(tf.neg(tf.max(scores, -1)), tf.sum(tf.squaredDifference(x, value), -1), { atol: 1e-4 });
    }
  });

  it('stages of a residual quantiser may be made by its owner', () => {
    class Named extends VectorQuantizer {}
    const made = new ResidualVectorQuantizer(2, 8, 3, {
      commitment: 0.5,
      stage: (...given) => new Named(...given),
      generator,
    });
    for (const stage of made.layers) {
      expect(stage).toBeInstanceOf(Named);
      expect([stage.codes, stage.inChannels, stage.commitment]).toEqual([8, 3, 0.5]);
    }
    made.dispose();
  });

  it('residual stages come nearer and nearer, and codes stand for values', () => {
    const quantizer = new ResidualVectorQuantizer(4, 8, 3, { revive: 0.1, decay: 0.9, generator });
    const x = random(200, 3);
    for (let i = 0; i < 15; i++) quantizer.forward(x);
    quantizer.eval();
    const distances = [1, 2, 3, 4].map((stages) => quantizer.forward(x, stages).metrics['distance']!.dataSync()[0]!);
    for (let i = 1; i < 4; i++) expect(distances[i]).toBeLessThan(0.8 * distances[i - 1]!);
    const { codes, value } = quantizer.forward(x);
    expect(codes!.shape).toEqual([200, 4]);
    expectClose(quantizer.lookup(codes!), value, { atol: 1e-5 });
    expect(() => quantizer.forward(x, 5)).toThrow('4 stages');
    const dropping = new ResidualVectorQuantizer(4, 8, 3, { quantizerDropout: 1, generator });
    const drawn = new Set(Array.from({ length: 30 }, () => dropping.forward(x).codes!.shape[1]));
    expect([...drawn].sort()).toEqual([1, 2, 3, 4]);
    expect(dropping.eval().forward(x).codes!.shape[1]).toBe(4);
  });

  it('scalars reach every level, and codes stand for values', () => {
    const quantizer = new FiniteScalarQuantizer([8, 5, 3]);
    const { value, codes } = quantizer.forward(uniformTensor([6000, 3], -2, 2, generator));
    expectValues(tf.max(value, 0), [0.75, 1, 1]);
    expectValues(tf.min(value, 0), [-1, -1, -1]);
    expect(new Set(codes!.dataSync()).size).toBe(120);
    expectClose(quantizer.lookup(codes!), value);
    // far outside too, and zero stays zero
    expectValues(quantizer.forward(tf.tensor2d([99, 99, 99, -99, -99, -99], [2, 3])).codes!, [119, 0]);
    expectValues(quantizer.forward(tf.zeros([1, 3])).value, [0, 0, 0]);
  });

  it('perplexity is the number of codes that are used alike', () => {
    expectValues(perplexity(tf.tensor1d([3, 0, 3, 0])), [2]);
    expectValues(perplexity(tf.tensor1d([7, 0, 0])), [1]);
  });

  it('say what is wrong', () => {
    expect(() => new VectorQuantizer(0, 4)).toThrow('codes must be a positive whole number, got 0');
    expect(() => new VectorQuantizer(4, 4, { decay: 1 })).toThrow('decay');
    expect(() => new VectorQuantizer(4, 4, { revive: -1 })).toThrow('revive');
    expect(() => new ResidualVectorQuantizer(0, 4, 4)).toThrow('0 stages');
    expect(() => new FiniteScalarQuantizer([8, 2])).toThrow('[8, 2]');
  });
});
