import * as tf from '@tensorflow/tfjs-core';
import { Generator, layouts, Module, normalTensor, Parameter, StateBuffer } from '@hourglass/core';

/** Every kind of state: three layouts, integer and boolean buffers, a derived one, a shared one, a list. */
export class Tiny extends Module {
  readonly linear: { weight: Parameter; bias: Parameter } & Module;
  readonly conv = new Conv(2);
  readonly blocks = [new Conv(3), new Conv(4)];
  readonly norm = new Norm();
  readonly head: TiedHead;

  constructor(seed = 0) {
    super();
    const generator = new Generator(seed);
    this.linear = new Affine(generator);
    this.head = new TiedHead(this.linear.weight);
    for (const conv of [this.conv, ...this.blocks]) conv.initialise(generator);
  }
}

class Affine extends Module {
  readonly weight: Parameter;
  readonly bias = new Parameter(tf.zeros([3]));

  constructor(generator: Generator) {
    super();
    this.weight = new Parameter(normalTensor([2, 3], 0, 1, generator), layouts.linear);
  }
}

class Conv extends Module {
  readonly weight: Parameter;

  constructor(out: number) {
    super();
    this.weight = new Parameter(tf.zeros([3, 2, 2, out]), layouts.conv2d);
  }

  initialise(generator: Generator): void {
    const value = normalTensor(this.weight.shape, 0, 1, generator);
    this.weight.assign(value);
    value.dispose();
  }
}

class Norm extends Module {
  readonly running_mean = new StateBuffer(tf.tensor1d([0.5, -1]));
  readonly num_batches_tracked = new StateBuffer(tf.scalar(7, 'int32'));
  readonly mask = new StateBuffer(tf.tensor1d([1, 0, 1], 'bool'));
  readonly derived = new StateBuffer(tf.zeros([5]), { persistent: false });
}

class TiedHead extends Module {
  constructor(readonly weight: Parameter) {
    super();
  }
}
