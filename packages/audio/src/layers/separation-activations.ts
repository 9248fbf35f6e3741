import type * as tf from '@tensorflow/tfjs-core';
import {
  functional,
  GELU,
  Identity,
  LeakyReLU,
  Module,
  PReLU,
  ReLU,
  Sigmoid,
  SiLU,
  Tanh,
  UnsupportedError,
  type UnaryModule,
} from '@hourglass/core';

/** Softmax whose axis torch guesses when none is said: the first for one or three axes, otherwise the second. */
class GuessingSoftmax extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return functional.softmax(x, x.rank === 1 || x.rank === 3 ? 0 : 1);
  }
}

class AxisSoftmax extends Module implements UnaryModule {
  constructor(readonly axis: number) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return functional.softmax(x, this.axis);
  }
}

const makers: Readonly<Record<string, (axis: number | null) => UnaryModule>> = {
  linear: () => new Identity(),
  relu: () => new ReLU(),
  prelu: () => new PReLU(),
  leaky_relu: () => new LeakyReLU(),
  sigmoid: () => new Sigmoid(),
  softmax: (axis) => (axis === null ? new GuessingSoftmax() : new AxisSoftmax(axis)),
  tanh: () => new Tanh(),
  gelu: () => new GELU(),
  swish: () => new SiLU(),
};

/**
 * An activation by the name that asteroid gives it.
 *
 * @param axis of a softmax; null where asteroid leaves it to torch
 * @throws UnsupportedError for another name
 */
export function separationActivation(name: string, axis: number | null = null): UnaryModule {
  const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
  if (make === undefined)
    throw new UnsupportedError(`there is no activation '${name}'; there are ${Object.keys(makers).join(', ')}`);
  return make(axis);
}
