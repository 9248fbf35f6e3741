import type * as tf from '@tensorflow/tfjs-core';
import * as F from '../../functional/activations/index.js';
import { Module, type UnaryModule } from '../../module/index.js';

/** max(x, 0). */
export class ReLU extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return F.relu(x);
  }
}

/** Logistic function. */
export class Sigmoid extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return F.sigmoid(x);
  }
}

/** x sigmoid(x); see {@link F.silu}. */
export class SiLU extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return F.silu(x);
  }
}

/** Gaussian error linear unit, exact by default; see {@link F.gelu}. */
export class GELU extends Module implements UnaryModule {
  readonly approximate: 'none' | 'tanh';

  constructor(options: { approximate?: 'none' | 'tanh' } = {}) {
    super();
    this.approximate = options.approximate ?? 'none';
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.gelu(x, { approximate: this.approximate });
  }
}

/** Softmax along an axis, by default the last (channels); see {@link F.softmax}. */
export class Softmax extends Module implements UnaryModule {
  constructor(readonly dim = -1) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.softmax(x, this.dim);
  }
}
