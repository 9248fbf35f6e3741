import * as tf from '@tensorflow/tfjs-core';
import { check, Conv1d, Module, scope, type Generator, type UnaryModule } from '@hourglass/core';

/**
 * Attention over the steps of a sequence without positions, but with a penalty that grows with the distance, at a rate which each step
 * decides. A step does not see itself.
 */
export class LocalState extends Module implements UnaryModule {
  readonly content: Conv1d;
  readonly query: Conv1d;
  readonly key: Conv1d;
  readonly query_decay: Conv1d;
  readonly proj: Conv1d;

  /** @param decays penalties of once, twice, … the distance that each head mixes */
  constructor(
    readonly channels: number,
    readonly heads = 4,
    readonly decays = 4,
    generator?: Generator,
  ) {
    super();
    check(channels % heads === 0, `LocalState: ${channels} channels do not divide into ${heads} heads`);
    const linear = (width: number): Conv1d => new Conv1d(channels, width, { kernelSize: 1, generator });
    this.content = linear(channels);
    this.query = linear(channels);
    this.key = linear(channels);
    this.query_decay = linear(heads * decays);
    this.proj = linear(channels);
    scope(() => {
      const { weight, bias } = this.query_decay;
      // close to no penalty at first: the widest window
      weight.assign(tf.mul(weight.value, 0.01));
      bias!.assign(tf.fill(bias!.shape, -2));
    });
  }

  /** x [N, steps, channels]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const [batch, steps] = x.shape as [number, number, number];
      const perHead = (y: tf.Tensor): tf.Tensor =>
        tf.transpose(tf.reshape(y, [batch, steps, this.heads, -1]), [0, 2, 1, 3]);
      const queries = perHead(this.query.forward(x));
      const dots = tf.matMul(queries, perHead(this.key.forward(x)), false, true);
      const scores = tf.sub(
        tf.mul(dots, 1 / Math.sqrt(this.channels / this.heads)),
        tf.mul(this.#penalty(perHead(this.query_decay.forward(x))), distances(steps)),
      );
      const self = tf.eye(steps);
      const others = tf.add(tf.mul(scores, tf.sub(1, self)), tf.mul(self, -100));
      const mixed = tf.matMul(tf.softmax(others), perHead(this.content.forward(x)));
      return tf.add(x, this.proj.forward(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), x.shape)));
    });
  }

  /** [N, heads, steps, decays] to the penalty a step of distance, [N, heads, steps, 1]. */
  #penalty(decay: tf.Tensor): tf.Tensor {
    const factors = Array.from({ length: this.decays }, (_, i) => (i + 1) / (2 * Math.sqrt(this.decays)));
    return tf.sum(tf.mul(tf.sigmoid(decay), tf.tensor1d(factors)), -1, true);
  }
}

/** |i - j|, [steps, steps]. */
function distances(steps: number): tf.Tensor {
  const at = tf.range(0, steps);
  return tf.abs(tf.sub(tf.expandDims(at, 1), at));
}
