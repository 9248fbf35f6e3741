import type * as tf from '@tensorflow/tfjs-core';
import * as F from '../../functional/activations/index.js';
import { Module, type FusedModule, type UnaryModule } from '../../module/index.js';

// One class a function of functional/activations, which says what each computes and where it comes from.

/** max(x, 0). */
export class ReLU extends Module implements FusedModule {
  get fusedActivation(): 'relu' {
    return 'relu';
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.relu(x);
  }
}

/** x clamped to [0, 6]. */
export class ReLU6 extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return F.relu6(x);
  }
}

/** max(x, 0)^2; see {@link F.squaredRelu}. */
export class SquaredReLU extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return F.squaredRelu(x);
  }
}

/** Scaled ELU; see {@link F.selu}. */
export class SELU extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return F.selu(x);
  }
}

/** Logistic function. */
export class Sigmoid extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return F.sigmoid(x);
  }
}

/** log(sigmoid(x)). */
export class LogSigmoid extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return F.logSigmoid(x);
  }
}

/** Hyperbolic tangent. */
export class Tanh extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return F.tanh(x);
  }
}

/** x - tanh(x). */
export class Tanhshrink extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return F.tanhshrink(x);
  }
}

/** x / (1 + |x|). */
export class Softsign extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return F.softsign(x);
  }
}

/** x sigmoid(x), also called Swish; see {@link F.silu}. */
export class SiLU extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return F.silu(x);
  }
}

/** x sigmoid(1.702 x); see {@link F.quickGelu}. */
export class QuickGELU extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return F.quickGelu(x);
  }
}

/** x tanh(softplus(x)); see {@link F.mish}. */
export class Mish extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return F.mish(x);
  }
}

/** x / 6 + 1/2 clamped to [0, 1]. */
export class Hardsigmoid extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return F.hardsigmoid(x);
  }
}

/** x hardsigmoid(x). */
export class Hardswish extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return F.hardswish(x);
  }
}

/** x where positive, else negativeSlope x. */
export class LeakyReLU extends Module implements UnaryModule {
  constructor(readonly negativeSlope = 0.01) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.leakyRelu(x, this.negativeSlope);
  }
}

/** x where positive, else alpha (exp(x) - 1). */
export class ELU extends Module implements UnaryModule {
  constructor(readonly alpha = 1) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.elu(x, this.alpha);
  }
}

/** x where positive, else alpha (exp(x / alpha) - 1). */
export class CELU extends Module implements UnaryModule {
  constructor(readonly alpha = 1) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.celu(x, this.alpha);
  }
}

/** Gaussian error linear unit, exact by default; see {@link F.gelu}. */
export class GELU extends Module implements UnaryModule {
  constructor(readonly options: { readonly approximate?: 'none' | 'tanh' } = {}) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.gelu(x, this.options);
  }
}

/** log(1 + exp(beta x)) / beta; see {@link F.softplus}. */
export class Softplus extends Module implements UnaryModule {
  constructor(readonly options: { readonly beta?: number; readonly threshold?: number } = {}) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.softplus(x, this.options);
  }
}

/** x clamped to [min, max]. */
export class Hardtanh extends Module implements UnaryModule {
  constructor(
    readonly min = -1,
    readonly max = 1,
  ) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.hardtanh(x, this.min, this.max);
  }
}

/** x moved towards 0 by lambda. */
export class Softshrink extends Module implements UnaryModule {
  constructor(readonly lambda = 0.5) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.softshrink(x, this.lambda);
  }
}

/** x where |x| > lambda, else 0. */
export class Hardshrink extends Module implements UnaryModule {
  constructor(readonly lambda = 0.5) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.hardshrink(x, this.lambda);
  }
}

/** x where above the threshold, else a value. */
export class Threshold extends Module implements UnaryModule {
  constructor(
    readonly threshold: number,
    readonly value: number,
  ) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.threshold(x, this.threshold, this.value);
  }
}

/** Softmax along an axis, by default the last (channels). */
export class Softmax extends Module implements UnaryModule {
  constructor(readonly dim = -1) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.softmax(x, this.dim);
  }
}

/** Softmax of -x along an axis, by default the last. */
export class Softmin extends Module implements UnaryModule {
  constructor(readonly dim = -1) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.softmin(x, this.dim);
  }
}

/** Logarithm of softmax along an axis, by default the last. */
export class LogSoftmax extends Module implements UnaryModule {
  constructor(readonly dim = -1) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.logSoftmax(x, this.dim);
  }
}

/** a sigmoid(b) of the halves of an axis, by default the last. */
export class GLU extends Module implements UnaryModule {
  constructor(readonly dim = -1) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.glu(x, this.dim);
  }
}

/** silu(a) b of the halves of an axis, by default the last. */
export class SwiGLU extends Module implements UnaryModule {
  constructor(readonly dim = -1) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.swiglu(x, this.dim);
  }
}

/** a gelu(b) of the halves of an axis, by default the last. */
export class GEGLU extends Module implements UnaryModule {
  constructor(readonly options: { readonly dim?: number; readonly approximate?: 'none' | 'tanh' } = {}) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.geglu(x, this.options);
  }
}

/** a max(b, 0) of the halves of an axis, by default the last. */
export class ReGLU extends Module implements UnaryModule {
  constructor(readonly dim = -1) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return F.reglu(x, this.dim);
  }
}
