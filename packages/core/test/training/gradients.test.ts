import * as tf from '@tensorflow/tfjs-core';
import { evaluate, functional as F, Module, Parameter, predictBatches, valueAndGradients } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => void (await useTestBackend('cpu')));

class Pair extends Module {
  readonly a = new Parameter(tf.tensor1d([1, 2]));
  readonly b = new Parameter(tf.tensor1d([3, 4]));
  readonly unused = new Parameter(tf.scalar(1));
}

describe('valueAndGradients', () => {
  it('gives value, gradients and what else the function returns', () => {
    const model = new Pair();
    const before = tf.memory().numTensors;
    const result = valueAndGradients(() => {
      const product = tf.mul(model.a.value, model.b.value);
      return { value: tf.sum(product), aux: { product, list: [tf.neg(product), 'text'] as const } };
    }, model.parameters());
    expect(result.value.dataSync()[0]).toBe(11);
    expect([...result.gradients.get(model.a)!.dataSync()]).toEqual([3, 4]);
    expect([...result.gradients.get(model.b)!.dataSync()]).toEqual([1, 2]);
    expect([...result.aux.product.dataSync()]).toEqual([3, 8]);
    expect([...result.aux.list[0].dataSync()]).toEqual([-3, -8]);
    expect(result.aux.list[1]).toBe('text');
    expect(result.gradients.has(model.unused)).toBe(false);
    tf.dispose([result.value, result.aux.product, result.aux.list[0], ...result.gradients.values()]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('its results belong to the surrounding scope, and tensors passed through stay the caller’s', () => {
    const model = new Pair();
    const mine = tf.scalar(5);
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const { aux } = valueAndGradients(() => ({ value: tf.sum(model.a.value), aux: mine }), model.parameters());
      expect(aux.dataSync()[0]).toBe(5);
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(mine.isDisposed).toBe(false);
  });

  it('leaves frozen parameters out; with none left there is the value alone', () => {
    const model = new Pair();
    model.a.requiresGrad = false;
    const loss = (): tf.Tensor => tf.sum(tf.mul(model.a.value, model.b.value));
    expect([...valueAndGradients(loss, model.parameters()).gradients.keys()]).toEqual([model.b]);
    model.requiresGrad(false);
    const { value, gradients } = valueAndGradients(loss, model.parameters());
    expect(value.dataSync()[0]).toBe(11);
    expect(gradients.size).toBe(0);
  });

  it('leaves nothing behind when an operation of the backward pass throws', () => {
    const model = new Pair();
    const before = tf.memory().numTensors;
    const failing = tf.customGrad((x, save) => {
      (save as (tensors: tf.Tensor[]) => void)([tf.square(x as tf.Tensor)]);
      return {
        value: tf.neg(x as tf.Tensor),
        gradFunc: () => {
          throw new Error('amid the backward pass');
        },
      };
    });
    const loss = (): tf.Tensor => tf.sum(tf.tanh(failing(tf.exp(model.a.value))));
    expect(() => valueAndGradients(loss, model.parameters())).toThrow('amid the backward pass');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaves nothing behind when the function throws, in whatever state', () => {
    const model = new Pair();
    const run = (fail: () => tf.Tensor): void => {
      const before = tf.memory().numTensors;
      const bytes = tf.memory().numBytes;
      expect(() =>
        valueAndGradients(() => {
          const product = tf.square(tf.mul(model.a.value, model.b.value));
          tf.matMul(tf.reshape(product, [1, 2]), tf.reshape(product, [2, 1]));
          return { value: fail(), aux: product };
        }, model.parameters()),
      ).toThrow();
      expect(tf.memory().numTensors).toBe(before);
      expect(tf.memory().numBytes).toBe(bytes);
    };
    run(() => {
      throw new Error('mine');
    });
    run(() => tf.matMul(tf.zeros([2, 3]), tf.zeros([2, 3])));
    run(() => tf.add(model.a.value, 1));
    run(() => tf.scalar(1));
    const failing = tf.customGrad((x) => ({
      value: tf.sum(x as tf.Tensor),
      gradFunc: () => {
        throw new Error('backward');
      },
    }));
    run(() => failing(tf.square(model.a.value)));
    // and the next call works
    const { gradients } = valueAndGradients(() => tf.sum(tf.square(model.a.value)), model.parameters());
    expect([...gradients.get(model.a)!.dataSync()]).toEqual([2, 4]);
  });

  it('frees what an operation saved, and the gradient of its output, as soon as it can', () => {
    const model = new Pair();
    const counts: number[] = [];
    /** Counts tensors when its gradient is asked for. */
    const counter = tf.customGrad((x) => ({
      value: tf.clone(x as tf.Tensor),
      gradFunc: (dy) => {
        counts.push(tf.memory().numTensors);
        return tf.clone(dy);
      },
    }));
    const { gradients } = valueAndGradients(() => {
      let x = model.a.value;
      for (let i = 0; i < 10; i++) x = counter(tf.sin(x));
      return tf.sum(x);
    }, [model.a]);
    expect(counts).toHaveLength(10);
    // each time one less: the input that the sine had saved
    counts.slice(1).forEach((count, i) => expect(count).toBe(counts[i]! - 1));
    tf.dispose([...gradients.values()]);
  });

  it('adds gradients that meet, also where an operation hands the same tensor on', () => {
    const model = new Pair();
    const pass = tf.customGrad((a, b) => ({
      value: tf.add(a as tf.Tensor, b as tf.Tensor),
      gradFunc: (dy) => [dy, dy],
    }));
    const { gradients } = valueAndGradients(() => {
      const { a, b } = { a: model.a.value, b: model.b.value };
      const sum = pass(pass(a, b), pass(tf.mul(a, 2), a));
      return tf.sum(tf.mul(sum, pass(a, a)));
    }, model.parameters());
    // (4a + b) 2a
    expect([...gradients.get(model.a)!.dataSync()]).toEqual([22, 40]);
    expect([...gradients.get(model.b)!.dataSync()]).toEqual([2, 4]);
    tf.dispose([...gradients.values()]);
  });

  it('gradients of gradients go through it', () => {
    const model = new Pair();
    const { gradients } = valueAndGradients(() => {
      const slope = tf.grad((x: tf.Tensor) => tf.sum(F.layerNorm(tf.mul(x, model.b.value), [2], null, null, 1)));
      return tf.sum(tf.square(slope(model.a.value)));
    }, model.parameters());
    const loss = (b: readonly number[]): number =>
      tf.tidy(() => {
        const slope = tf.grad((x: tf.Tensor) =>
          tf.sum(F.layerNorm(tf.mul(x, tf.tensor1d([...b])), [2], null, null, 1)),
        );
        return tf.sum(tf.square(slope(model.a.value))).dataSync()[0]!;
      });
    const step = 1e-2;
    const numeric = [0, 1].map((i) => {
      const moved = (by: number): number => loss([3, 4].map((v, j) => (i === j ? v + by : v)));
      return (moved(step) - moved(-step)) / (2 * step);
    });
    [...gradients.get(model.b)!.dataSync()].forEach((value, i) => expect(value).toBeCloseTo(numeric[i]!, 2));
    tf.dispose([...gradients.values()]);
  });

  it('a custom operation inside another leaves nothing behind', () => {
    const model = new Pair();
    const before = tf.memory().numTensors;
    const { value, gradients } = valueAndGradients(() => {
      const outer = tf.customGrad((x) => ({
        value: tf.sum(F.layerNorm(x as tf.Tensor, [2])),
        gradFunc: (dy) => tf.mul(dy, tf.tensor1d([1, 2])),
      }));
      return outer(tf.mul(model.a.value, 2));
    }, [model.a]);
    expect([...gradients.get(model.a)!.dataSync()]).toEqual([2, 4]);
    tf.dispose([value, ...gradients.values()]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('a value that is no scalar is an error that says its shape', () => {
    const model = new Pair();
    expect(() => valueAndGradients(() => model.a.value, model.parameters())).toThrow(
      /scalar, the function returned shape \[2\]/,
    );
  });
});

describe('evaluate', () => {
  const batches = (): tf.Tensor[] => [tf.scalar(1), tf.scalar(2), tf.scalar(3)];

  it('runs in evaluation mode, frees batches and intermediates, and puts each flag back', async () => {
    const model = new (class extends Module {
      readonly inner = new Pair();
    })();
    model.inner.training = false;
    const before = tf.memory().numTensors;
    const results = await evaluate(model, batches(), (batch) => {
      expect(model.training).toBe(false);
      return { y: tf.add(tf.mul(batch, 2), 1), n: 1 };
    });
    expect(results.map(({ y }) => y.dataSync()[0])).toEqual([3, 5, 7]);
    expect(tf.memory().numTensors).toBe(before + 3);
    expect([model.training, model.inner.training]).toEqual([true, false]);
    tf.dispose(results.map(({ y }) => y));
  });

  it('leaks nothing when the function throws or the loop is left', async () => {
    const model = new Pair();
    const before = tf.memory().numTensors;
    const source = async function* (): AsyncGenerator<tf.Tensor> {
      for (let i = 0; i < 5; i++) yield tf.scalar(i);
    };
    const failing = evaluate(model, source(), (batch) => {
      if (batch.dataSync()[0] === 2) throw new Error('mine');
      return tf.add(batch, 1);
    });
    await expect(failing).rejects.toThrow('mine');
    for await (const y of predictBatches(model, source(), (batch) => tf.add(batch, 1))) {
      y.dispose();
      break;
    }
    expect(tf.memory().numTensors).toBe(before);
    expect(model.training).toBe(true);
  });
});
