import * as tf from '@tensorflow/tfjs-core';
import { functional as F, Generator, InvalidArgumentError, normalTensor, useBackend } from '@hourglass/core';
import { expectClose, expectValues, testBackends } from '@hourglass/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe.each(testBackends('webgpu', 'native', 'wasm', 'cpu'))('vector quantisation on %s', (backend) => {
  const generator = new Generator(8);
  const random = (...shape: number[]): tf.Tensor => normalTensor(shape, 0, 1, generator);

  beforeAll(async () => {
    await useBackend(backend);
    tf.engine().startScope();
  });
  afterAll(() => tf.engine().endScope());

  it('takes the nearest code, of equally near ones the first', () => {
    const codebook = tf.tensor2d([0, 0, 2, 0, 0, 2, 2, 0], [4, 2]);
    const x = tf.tensor3d([1, 0, 3, 0, -1, 5, 1.5, 0.25], [2, 2, 2]);
    const { quantized, codes, embedded } = F.vectorQuantize(x, codebook);
    expect([codes.dtype, codes.shape, quantized.shape]).toEqual(['int32', [2, 2], [2, 2, 2]]);
    expectValues(codes, [0, 1, 2, 1]);
    expectValues(quantized, [0, 0, 2, 0, 0, 2, 2, 0]);
    expectValues(embedded, quantized.dataSync());
  });

  it.each([
    [300, 8],
    [130, 67],
  ])('agrees with all distances, %j codes of width %j', (size, width) => {
    const [x, codebook] = [random(70, width), random(size, width)];
    const all = tf.sum(tf.square(tf.sub(tf.expandDims(x, 1), tf.expandDims(codebook, 0))), 2);
    expectValues(F.vectorQuantize(x, codebook).codes, tf.argMin(all, 1).dataSync());
  });

  it('passes the gradient straight to x, and that of the embedded rows to the codebook', () => {
    const [x, codebook, weights] = [random(5, 3), random(4, 3), random(5, 3)];
    const { codes } = F.vectorQuantize(x, codebook);
    const through = tf.grads((x, codebook) => tf.sum(tf.mul(weights, F.vectorQuantize(x!, codebook!).quantized)));
    expect(() => through([x, codebook]), 'none to the codebook').toThrow();
    const [dx] = tf.grads((x) => tf.sum(tf.mul(weights, F.vectorQuantize(x!, codebook).quantized)))([x]);
    expectValues(dx!, weights.dataSync());
    // the losses of VQ-VAE
    const losses = (x: tf.Tensor, codebook: tf.Tensor): tf.Scalar => {
      const { embedded } = F.vectorQuantize(x, codebook);
      const codebookLoss = tf.mean(tf.squaredDifference(embedded, F.stopGradient(x)));
      const commitment = tf.mean(tf.squaredDifference(x, F.stopGradient(embedded)));
      return tf.add(codebookLoss, tf.mul(0.25, commitment));
    };
    const [ofX, ofCodebook] = tf.grads((x, codebook) => losses(x!, codebook!))([x, codebook]);
    const step = tf.sub(x, tf.gather(codebook, codes as tf.Tensor1D));
    expectClose(ofX!, tf.mul(step, (0.25 * 2) / 15));
    expectClose(ofCodebook!, tf.unsortedSegmentSum(tf.mul(step, -2 / 15), codes as tf.Tensor1D, 4));
  });

  it('quantises what is left over, stage by stage', () => {
    const [x, codebooks] = [random(2, 6, 3), random(4, 20, 3)];
    const { quantized, codes, residuals, embedded } = F.residualVectorQuantize(x, codebooks);
    expect(codes.shape).toEqual([2, 6, 4]);
    expect([residuals.length, embedded.length]).toEqual([4, 4]);
    expectClose(quantized, tf.addN([...embedded]));
    expectClose(tf.add(residuals[3]!, tf.addN(embedded.slice(0, 3))), x);
    tf.unstack(codebooks).forEach((codebook, stage) => {
      const own = F.vectorQuantize(residuals[stage]!, codebook);
      expectValues(own.codes, tf.slice(codes, [0, 0, stage], [-1, -1, 1]).dataSync());
    });
    // codebooks of different sizes
    const list = [random(7, 3), random(2, 3)];
    expect(F.residualVectorQuantize(x, list).codes.shape).toEqual([2, 6, 2]);
  });

  it("passes gradients through stages: straight to x, each stage's losses to its codebook and to x", () => {
    const [x, codebooks, weights] = [random(6, 3), random(3, 5, 3), random(6, 3)];
    const [dx] = tf.grads((x) => tf.sum(tf.mul(weights, F.residualVectorQuantize(x!, codebooks).quantized)))([x]);
    expectValues(dx!, weights.dataSync());
    const given = F.residualVectorQuantize(x, codebooks);
    const gradients = tf.grads((x, codebooks) => {
      const { residuals, embedded } = F.residualVectorQuantize(x!, codebooks!);
      const losses = residuals.map((residual, i) =>
        tf.sum(tf.squaredDifference(residual, F.stopGradient(embedded[i]!))),
      );
      const ofCodebooks = residuals.map((residual, i) =>
        tf.sum(tf.squaredDifference(F.stopGradient(residual), embedded[i]!)),
      );
      return tf.addN([...losses, ...ofCodebooks]);
    })([x, codebooks]);
    const steps = given.residuals.map((residual, i) => tf.sub(residual, given.embedded[i]!));
    expectClose(gradients[0]!, tf.mul(2, tf.addN(steps)));
    const codes = tf.unstack(given.codes, -1) as tf.Tensor1D[];
    expectClose(gradients[1]!, tf.stack(steps.map((step, i) => tf.unsortedSegmentSum(tf.mul(-2, step), codes[i]!, 5))));
  });

  it('counts and adds up the vectors of each code, always to the same bits', () => {
    const x = tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
    const { counts, sums } = F.codeStatistics(x, tf.tensor2d([2, 0, 2, 2], [2, 2], 'int32'), 4);
    expectValues(counts, [1, 0, 3, 0]);
    expectValues(sums, [3, 4, 0, 0, 13, 16, 0, 0]);
    const [many, codes] = [random(3000, 4), tf.cast(tf.mul(tf.abs(random(3000)), 5), 'int32')];
    const first = F.codeStatistics(many, codes, 12);
    expect(tf.sum(first.counts).dataSync()[0]).toBeLessThan(3000);
    for (let i = 0; i < 3; i++)
      expectValues(F.codeStatistics(many, codes, 12).sums, first.sums.dataSync(), { rtol: 0, atol: 0 });
  });

  it('moves a codebook by moving averages', () => {
    const average = { counts: tf.tensor1d([2, 0]), sums: tf.tensor2d([2, 4, 0, 0], [2, 2]) };
    const batch = { counts: tf.tensor1d([4, 1]), sums: tf.tensor2d([8, 8, 3, 1], [2, 2]) };
    const { counts, sums, codebook } = F.emaCodebookUpdate(average, batch, { decay: 0.75, epsilon: 0.5 });
    expectValues(counts, [2.5, 0.25]);
    expectValues(sums, [3.5, 5, 0.75, 0.25]);
    const scale = 2.75 / (2.75 + 2 * 0.5);
    const smoothed = [(2.5 + 0.5) * scale, (0.25 + 0.5) * scale];
    expectValues(codebook, [3.5 / smoothed[0]!, 5 / smoothed[0]!, 0.75 / smoothed[1]!, 0.25 / smoothed[1]!]);
  });

  it('learns the centres of clusters by moving averages', () => {
    const centres = tf.tensor2d([5, 0, -5, 0, 0, 5, 0, -5], [4, 2]);
    const x = tf.add(tf.tile(centres, [50, 1]), tf.mul(0.2, random(200, 2)));
    let codebook: tf.Tensor = tf.slice(x, 0, 4);
    let average: F.CodeStatistics = { counts: tf.ones([4]), sums: codebook };
    for (let step = 0; step < 40; step++) {
      const { codes } = F.vectorQuantize(x, codebook);
      ({ codebook, ...average } = F.emaCodebookUpdate(average, F.codeStatistics(x, codes, 4), { decay: 0.8 }));
    }
    const { embedded } = F.vectorQuantize(x, codebook);
    expect(tf.mean(tf.squaredDifference(x, embedded)).dataSync()[0]).toBeLessThan(0.05);
    expectClose(codebook, centres, { rtol: 0, atol: 0.15 });
  });

  it('stops gradients, and lets them through with another value', () => {
    const [x, y] = [random(4), random(4)];
    const [dx] = tf.grads((x) => tf.sum(tf.mul(x!, F.stopGradient(tf.square(x!)))))([x]);
    expectClose(dx!, tf.square(x));
    const straight = tf.grads((x) => tf.sum(tf.mul(y, F.straightThrough(x!, tf.round(x!)))));
    expectValues(straight([x])[0]!, y.dataSync());
    expectValues(F.straightThrough(x, tf.round(x)), tf.round(x).dataSync());
  });

  it('says what is wrong', () => {
    const x = random(3, 4);
    expect(() => F.vectorQuantize(x, random(5, 3))).toThrow('[codes, width]');
    expect(() => F.vectorQuantize(x, tf.zeros([0, 4]))).toThrow('empty');
    expect(() => F.vectorQuantize(tf.cast(x, 'int32'), random(5, 4))).toThrow('float32');
    expect(() => F.residualVectorQuantize(x, random(5, 4))).toThrow('[stages, codes, width]');
    expect(() => F.residualVectorQuantize(x, [])).toThrow('no codebook');
    expect(() => F.codeStatistics(x, tf.zeros([4], 'int32'), 2)).toThrow('a code for each vector');
    expect(() => F.codeStatistics(x, tf.zeros([3]), 2)).toThrow('int32');
    expect(() => F.codeStatistics(x, tf.zeros([3], 'int32'), 0)).toThrow(InvalidArgumentError);
    const [good, bad] = [2, 3].map((size) => ({ counts: tf.zeros([size]), sums: tf.zeros([size, 4]) }));
    expect(() => F.emaCodebookUpdate(good!, bad!)).toThrow('[codes, width]');
    expect(() => F.emaCodebookUpdate(good!, good!, { decay: 2 })).toThrow('decay');
    expect(() => F.straightThrough(x, tf.zeros([3]))).toThrow('one shape');
  });

  it('leaves nothing behind', () => {
    const [x, codebooks] = [random(6, 3), random(2, 5, 3)];
    const before = tf.memory().numTensors;
    const { quantized, codes, residuals, embedded } = F.residualVectorQuantize(x, codebooks);
    const { counts, sums } = F.codeStatistics(x, tf.reshape(tf.slice(codes, [0, 0], [-1, 1]), [6]), 5);
    const { codebook, ...moved } = F.emaCodebookUpdate({ counts, sums }, { counts, sums });
    tf.dispose([quantized, codes, ...residuals, ...embedded, counts, sums, codebook, moved]);
    expect(tf.memory().numTensors).toBe(before + 2);
  });
});
