import * as tf from '@tensorflow/tfjs-core';
import { check, CheckpointError } from '../errors.js';
import { AverageUpdate } from '../kernels/average-update/spec.js';
import type { Module, Parameter } from '../module/index.js';
import type { OptimizerState } from './optimizer.js';

/**
 * Exponential moving average of a module's parameters (Polyak and Juditsky 1992), which starts at their present values:
 * average ← decay · average + (1 - decay) · parameter. Buffers (running statistics) stay in the module, so that the
 * averages are evaluated with the latest ones, as with torch.optim.swa_utils.AveragedModel.
 *
 * Call {@link update} after each optimiser step. {@link swap} puts the averages into the module, to evaluate or save it, and
 * a second call puts the trained values back.
 */
export class ExponentialMovingAverage {
  readonly decay: number;
  readonly #names = new Map<string, Parameter>();
  readonly #held = new Map<Parameter, tf.Tensor>();
  #isSwapped = false;

  constructor(module: Module, decay = 0.999) {
    check(decay >= 0 && decay < 1, `decay of the moving average must lie in [0, 1), got ${decay}`);
    this.decay = decay;
    for (const [name, parameter] of module.namedParameters()) {
      this.#names.set(name, parameter);
      this.#held.set(parameter, tf.keep(tf.clone(parameter.value)));
    }
  }

  /** Whether the averages are in the module now. */
  get isSwapped(): boolean {
    return this.#isSwapped;
  }

  /** The averages; while they are in the module, the trained values. They belong to this object. */
  get averages(): ReadonlyMap<Parameter, tf.Tensor> {
    return this.#held;
  }

  /** Takes the module's present values into the averages. */
  update(): void {
    check(!this.#isSwapped, 'the averages are in the module; swap them out before the next update');
    for (const [parameter, average] of this.#held) {
      const { value } = parameter;
      const [next] = AverageUpdate.run({ average, target: value }, { weight: 1 - this.decay, scale: 1 });
      this.#hold(parameter, next!);
    }
  }

  /** Exchanges the parameters and their averages. */
  swap(): void {
    for (const [parameter, average] of this.#held) {
      const value = tf.clone(parameter.value);
      parameter.assign(average);
      this.#hold(parameter, value);
    }
    this.#isSwapped = !this.#isSwapped;
  }

  /** The averages by name, in memory layout; they belong to this object and are valid until its next update. */
  state(): OptimizerState {
    check(!this.#isSwapped, 'the averages are in the module; swap them out before saving their state');
    const tensors = new Map(Array.from(this.#names, ([name, parameter]) => [name, this.#held.get(parameter)!]));
    return { scalars: { decay: this.decay }, tensors };
  }

  /**
   * Takes over what {@link state} returned; `decay` stays the constructor's. The tensors are copied.
   * @throws CheckpointError, before anything is changed, that names what does not fit.
   */
  loadState({ tensors }: OptimizerState): void {
    check(!this.#isSwapped, 'the averages are in the module; swap them out before loading others');
    const extra = [...tensors.keys()].filter((name) => !this.#names.has(name));
    if (extra.length > 0) throw new CheckpointError(`state of averages: the module has no ${extra.join(', ')}`);
    for (const [name, { shape }] of this.#names) {
      const saved = tensors.get(name)?.shape;
      if (saved === undefined) throw new CheckpointError(`state of averages: '${name}' is missing`);
      if (!tf.util.arraysEqual(saved, shape)) {
        throw new CheckpointError(
          `state of averages: '${name}' has shape [${saved.join(', ')}], expected [${shape.join(', ')}]`,
        );
      }
    }
    for (const [name, parameter] of this.#names) this.#hold(parameter, tf.clone(tensors.get(name)!));
  }

  /** Frees the averages. */
  dispose(): void {
    for (const average of this.#held.values()) average.dispose();
    this.#held.clear();
  }

  #hold(parameter: Parameter, value: tf.Tensor): void {
    const last = this.#held.get(parameter);
    this.#held.set(parameter, tf.keep(value));
    last?.dispose();
  }
}
