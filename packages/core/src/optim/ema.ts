import * as tf from '@tensorflow/tfjs-core';
import { check, CheckpointError } from '../errors.js';
import type { Module, Parameter, StateBuffer } from '../module/index.js';
import type { OptimizerState } from './optimizer.js';

/**
 * Exponential moving average of a module's parameters: average ← decay · average + (1 - decay) · parameter. The first update
 * copies; buffers (running statistics) are copied at every update. As torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn.
 *
 * Call {@link update} after each optimiser step. {@link swap} puts the averages into the module, to evaluate or save it, and
 * a second call puts the trained values back.
 */
export class ExponentialMovingAverage {
  readonly decay: number;
  readonly #slots: ReadonlyMap<string, Parameter | StateBuffer>;
  readonly #averaged: ReadonlySet<string>;
  readonly #averages = new Map<string, tf.Tensor>();
  #updates = 0;
  #swapped = false;

  constructor(module: Module, options: { readonly decay?: number } = {}) {
    const { decay = 0.999 } = options;
    check(decay >= 0 && decay <= 1, `decay is ${decay}; it must lie in [0, 1]`);
    this.decay = decay;
    const parameters = [...module.namedParameters()];
    this.#averaged = new Set(parameters.map(([name]) => name));
    this.#slots = new Map<string, Parameter | StateBuffer>([...parameters, ...module.namedBuffers()]);
    for (const [name, slot] of this.#slots) this.#averages.set(name, tf.keep(tf.clone(slot.value)));
  }

  /** Updates so far. */
  get updates(): number {
    return this.#updates;
  }

  /** Whether the averages are in the module now. */
  get isSwapped(): boolean {
    return this.#swapped;
  }

  /** Takes the module's present values into the averages. */
  update(): void {
    check(!this.#swapped, 'the averages are in the module; swap them out before the next update');
    const copies = this.#updates === 0;
    for (const [name, slot] of this.#slots) {
      const last = this.#averages.get(name)!;
      const next = tf.tidy(() => {
        if (copies || !this.#averaged.has(name)) return tf.clone(slot.value);
        return tf.add(tf.mul(last, this.decay), tf.mul(slot.value, 1 - this.decay));
      });
      this.#averages.set(name, tf.keep(next));
      last.dispose();
    }
    this.#updates++;
  }

  /** Exchanges the module's values and the averages. */
  swap(): void {
    for (const [name, slot] of this.#slots) {
      const average = this.#averages.get(name)!;
      this.#averages.set(name, tf.keep(tf.clone(slot.value)));
      slot.assign(average);
      average.dispose();
    }
    this.#swapped = !this.#swapped;
  }

  /** The number of updates, and the averages by name in memory layout. This object owns the tensors: valid until its next update. */
  state(): OptimizerState {
    check(!this.#swapped, 'the averages are in the module; swap them out before saving their state');
    return { scalars: { decay: this.decay, updates: this.#updates }, tensors: new Map(this.#averages) };
  }

  /**
   * Takes over what {@link state} returned; `decay` stays that of the constructor. The tensors are copied.
   * @throws CheckpointError, before anything is changed, that names what does not fit.
   */
  loadState({ scalars, tensors }: OptimizerState): void {
    check(!this.#swapped, 'the averages are in the module; swap them out before loading others');
    if (typeof scalars['updates'] !== 'number') throw new CheckpointError("state of averages: 'updates' is missing");
    for (const [name, { shape }] of this.#slots) {
      const saved = tensors.get(name)?.shape;
      if (saved === undefined) throw new CheckpointError(`state of averages: '${name}' is missing`);
      if (!tf.util.arraysEqual(saved, shape)) {
        throw new CheckpointError(
          `state of averages: '${name}' has shape [${saved.join(', ')}], expected [${shape.join(', ')}]`,
        );
      }
    }
    const extra = [...tensors.keys()].filter((name) => !this.#slots.has(name));
    if (extra.length > 0) throw new CheckpointError(`state of averages: the module has no ${extra.join(', ')}`);
    for (const [name, tensor] of tensors) {
      const copy = tf.keep(tf.clone(tensor));
      this.#averages.get(name)!.dispose();
      this.#averages.set(name, copy);
    }
    this.#updates = scalars['updates'];
  }

  /** Frees the averages. */
  dispose(): void {
    for (const average of this.#averages.values()) average.dispose();
    this.#averages.clear();
  }
}
