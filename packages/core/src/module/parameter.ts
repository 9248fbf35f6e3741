import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { checkpointShape, plain, type Layout } from './layout.js';

/** What {@link Parameter} and {@link StateBuffer} share: a named slot that owns one TFJS variable. */
abstract class Slot {
  readonly variable: tf.Variable;
  readonly layout: Layout;

  constructor(initial: tf.Tensor, layout: Layout, trainable: boolean) {
    // keep(): a model may be built inside tf.tidy and must survive it.
    this.variable = tf.keep(tf.variable(initial, trainable)) as tf.Variable;
    this.layout = layout;
    initial.dispose();
  }

  /** The tensor in its memory layout; differentiable. Do not dispose it. */
  get value(): tf.Tensor {
    return this.variable;
  }

  /** Shape in memory. */
  get shape(): number[] {
    return this.variable.shape;
  }

  /** Shape in the reference implementation's checkpoint. */
  get checkpointShape(): number[] {
    return checkpointShape(this.layout, this.variable.shape);
  }

  get dtype(): tf.DataType {
    return this.variable.dtype;
  }

  /** Replaces the value (same shape and dtype). The caller keeps ownership of `value`. */
  assign(value: tf.Tensor): void {
    check(
      tf.util.arraysEqual(value.shape, this.variable.shape),
      () => `cannot assign shape [${value.shape.join(', ')}] to a tensor of shape [${this.variable.shape.join(', ')}]`,
    );
    this.variable.assign(value as tf.Tensor<tf.Rank>);
  }

  get isDisposed(): boolean {
    return this.variable.isDisposed;
  }

  /** Frees the memory; harmless when repeated. */
  dispose(): void {
    if (!this.variable.isDisposed) this.variable.dispose();
  }
}

/**
 * A trainable tensor of a module. Takes ownership of `initial`, which is in memory layout;
 * `layout` says how the reference checkpoint stores it.
 */
export class Parameter extends Slot {
  /** False freezes it: optimisers and gradient computation leave it out. */
  requiresGrad = true;

  constructor(initial: tf.Tensor, layout: Layout = plain) {
    super(initial, layout, true);
  }
}

/** A tensor that belongs to a module's state but is not trained: running statistics, tables. */
export class StateBuffer extends Slot {
  /** False keeps it out of checkpoints, like torch's `register_buffer(persistent=False)`. */
  readonly persistent: boolean;

  constructor(initial: tf.Tensor, options: { layout?: Layout; persistent?: boolean } = {}) {
    super(initial, options.layout ?? plain, false);
    this.persistent = options.persistent ?? true;
  }
}
