import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { functional, gradientAside, Linear, Generator, Parameter, scope, valueAndGradients } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';

beforeAll(() => useTestBackend('wasm'));

describe('gradientAside', () => {
  it('gives value and gradient outside of any recording', () => {
    scope(() => {
      const { value, gradient } = gradientAside((x) => tf.sum(tf.square(x)), tf.tensor1d([1, -2, 3]));
      expectClose(value, tf.scalar(14));
      expectClose(gradient, tf.tensor1d([2, -4, 6]));
    });
  });

  it('amid a recording: constants, which leave the gradients around them as they are', () => {
    const x = new Parameter(tf.tensor1d([1, 2]));
    const inner = new Linear(2, 1, { generator: new Generator(1) });
    const [weight] = inner.parameters();
    const before = tf.memory().numTensors;
    for (const nested of [false, true]) {
      const { value, gradients } = valueAndGradients(() => {
        const y = tf.mul(x.value, 3);
        const square = tf.square(y);
        // what flows through the gradient, or through the layer inside, would show
        const aside = () =>
          gradientAside((z) => tf.sum(tf.square(functional.linear(z, inner.weight.value, inner.bias!.value))), y);
        const { value: constant, gradient } = nested ? scope(aside) : aside();
        return tf.add(tf.sum(tf.mul(square, gradient)), constant);
      }, [x, ...inner.parameters()]);
      scope(() => {
        const y = tf.tensor1d([3, 6]);
        const w = tf.reshape(weight!.value, [2]);
        const out = tf.add(tf.sum(tf.mul(y, w)), inner.bias!.value);
        const slope = tf.mul(tf.mul(out, 2), w);
        expectClose(value, tf.add(tf.sum(tf.mul(tf.square(y), slope)), tf.sum(tf.square(out))), { rtol: 1e-5 });
        expect([...gradients.keys()]).toEqual([x]);
        expectClose(gradients.get(x)!, tf.mul(tf.mul(y, 6), slope), { rtol: 1e-5 });
      });
      tf.dispose([value, ...gradients.values()]);
    }
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
    inner.dispose();
  });

  it('leaves everything in order when the function throws or gives no scalar', () => {
    const x = new Parameter(tf.scalar(2));
    const before = tf.memory().numTensors;
    const { gradients, value } = valueAndGradients(() => {
      const y = tf.square(x.value);
      expect(() => gradientAside(() => { throw new Error('no'); }, y)).toThrow('no'); // prettier-ignore
      expect(() => gradientAside((z) => tf.stack([z, z]), y)).toThrow('gradients need a scalar');
      expect(() => gradientAside(() => tf.scalar(1), y)).toThrow('depends on none');
      return y as tf.Scalar;
    }, [x]);
    scope(() => expectClose(gradients.get(x)!, tf.scalar(4)));
    tf.dispose([value, ...gradients.values()]);
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
  });
});
