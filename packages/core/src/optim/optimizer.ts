import * as tf from '@tensorflow/tfjs-core';
import { check, CheckpointError } from '../errors.js';
import type { Parameter } from '../module/index.js';
import { sharingConstants } from '../kernels/constants.js';
import { complete, makeGroups, type Group, type OptimizerOptions, type Parameters } from './groups.js';
import { ParameterState, type Json } from './state.js';

/** What it takes to go on where an optimiser stopped. */
export interface OptimizerState {
  /** Options of the groups, counters. JSON holds it. */
  readonly scalars: { readonly [key: string]: Json };
  /** Moments and buffers, `<slot>.<parameter>`, in memory layout. The optimiser owns them: valid until its next step. */
  readonly tensors: ReadonlyMap<string, tf.Tensor>;
}

interface Scalars {
  readonly optimizer: string;
  readonly groups: ReadonlyArray<Record<string, Json> & { readonly names: readonly string[] }>;
  readonly parameters: Readonly<Record<string, { readonly step: number; readonly numbers: Record<string, number> }>>;
}

/**
 * Base of the optimisers, with PyTorch's formulas and defaults. Updates are compositions of TFJS ops: on wasm a step of
 * AdamW over 60 parameters with 2M values takes as long that way as in a loop over host arrays (15 ms), and it runs
 * on every backend.
 *
 * A subclass says in {@link update} what happens to one parameter.
 */
export abstract class Optimizer<O extends OptimizerOptions = OptimizerOptions> {
  /** The class's name, kept in saved states (minifiers rename classes). */
  protected abstract readonly kind: string;
  readonly groups: readonly Group<O>[];
  /** The options for groups that set none of their own. */
  readonly defaults: Required<O>;
  readonly #states = new Map<Parameter, ParameterState>();

  /** @throws InvalidArgumentError for an empty list, a parameter listed twice, or options that cannot work. */
  constructor(parameters: Parameters<O>, options: O, defaults: Required<O>) {
    this.defaults = complete(options, defaults);
    this.groups = makeGroups(parameters, this.defaults);
    this.groups.forEach((group, i) => {
      check(
        Number.isFinite(group.lr) && group.lr >= 0,
        `learning rate of group ${i} is ${group.lr}; it must be 0 or more`,
      );
    });
  }

  /**
   * The parameter's new value. Runs inside a tidy, after `state.step` was raised; `gradient` is not to be disposed or kept.
   * What shall last goes into `state`.
   */
  protected abstract update(
    parameter: Parameter,
    gradient: tf.Tensor,
    state: ParameterState,
    group: Group<O>,
  ): tf.Tensor;

  /**
   * Updates every parameter that has a gradient and `requiresGrad`; the others stay as they are, and so does their step count.
   * The gradients remain the caller's.
   * @throws InvalidArgumentError, before anything is changed, when a gradient's shape is not its parameter's.
   */
  step(gradients: ReadonlyMap<Parameter, tf.Tensor>): void {
    for (const { params, names } of this.groups) {
      params.forEach((parameter, i) => {
        const shape = gradients.get(parameter)?.shape;
        check(
          shape === undefined || tf.util.arraysEqual(shape, parameter.shape),
          () =>
            `the gradient of '${names[i]}' has shape [${shape!.join(', ')}], the parameter [${parameter.shape.join(', ')}]`,
        );
      });
    }
    sharingConstants(() => {
      for (const group of this.groups) {
        for (const parameter of group.params) {
          const gradient = gradients.get(parameter);
          if (gradient !== undefined && parameter.requiresGrad) this.#updateOne(parameter, gradient, group);
        }
      }
    });
  }

  /** Everything needed to go on exactly here, next to the parameters themselves. */
  state(): OptimizerState {
    const tensors = new Map<string, tf.Tensor>();
    const parameters: Record<string, Json> = {};
    const groups = this.groups.map(({ params, names, ...options }) => {
      params.forEach((parameter, i) => {
        const state = this.#states.get(parameter);
        if (state === undefined) return;
        parameters[names[i]!] = { step: state.step, numbers: { ...state.numbers } };
        for (const [slot, tensor] of state.tensors) tensors.set(`${slot}.${names[i]}`, tensor);
      });
      return { ...(options as Record<string, Json>), names: [...names] };
    });
    return { scalars: { optimizer: this.kind, groups, parameters }, tensors };
  }

  /**
   * Takes over what {@link state} returned, the groups' options included. The tensors are copied.
   * @throws CheckpointError, before anything is changed, that names what does not fit.
   */
  loadState(state: OptimizerState): void {
    const scalars = state.scalars as unknown as Scalars;
    this.#checkScalars(scalars);
    const parameters = new Map(this.groups.flatMap(({ params, names }) => names.map((name, i) => [name, params[i]!])));
    const loaded = new Map<Parameter, ParameterState>();
    for (const [name, { step, numbers }] of Object.entries(scalars.parameters)) {
      const entry = new ParameterState();
      entry.step = step;
      Object.assign(entry.numbers, numbers);
      loaded.set(parameters.get(name)!, entry);
    }
    const slots = Array.from(state.tensors, ([key, tensor]) => {
      const dot = key.indexOf('.');
      const slot = key.slice(0, dot);
      const parameter = parameters.get(key.slice(dot + 1));
      const entry = parameter && loaded.get(parameter);
      if (dot < 0 || entry === undefined)
        throw new CheckpointError(`optimiser state: '${key}' belongs to no parameter`);
      const shape = this.slotShape(slot, parameter!);
      if (!tf.util.arraysEqual(tensor.shape, shape)) {
        throw new CheckpointError(
          `optimiser state: '${key}' has shape [${tensor.shape.join(', ')}], expected [${shape.join(', ')}]`,
        );
      }
      return { entry, slot, tensor };
    });
    // copied before anything is freed: the state may be this optimiser's own
    for (const { entry, slot, tensor } of slots) entry.store(slot, tf.clone(tensor));
    this.#clear();
    for (const [parameter, entry] of loaded) this.#states.set(parameter, entry);
    this.groups.forEach((group, i) => {
      const { names: _, ...options } = scalars.groups[i]!;
      Object.assign(group, options);
    });
  }

  /** Frees moments and buffers, not the parameters. The optimiser then starts afresh. */
  dispose(): void {
    this.#clear();
  }

  /** Shape of what is kept under `slot`. By default the parameter's. */
  protected slotShape(_slot: string, parameter: Parameter): number[] {
    return parameter.shape;
  }

  #checkScalars(scalars: Scalars): void {
    const fail = (message: string): never => {
      throw new CheckpointError(`optimiser state: ${message}`);
    };
    if (scalars.optimizer !== this.kind) fail(`saved by ${scalars.optimizer}, this is ${this.kind}`);
    if (!Array.isArray(scalars.groups) || typeof scalars.parameters !== 'object')
      fail("'groups' or 'parameters' is missing");
    if (scalars.groups.length !== this.groups.length) {
      fail(`it has ${scalars.groups.length} parameter groups, this optimiser ${this.groups.length}`);
    }
    const known = new Set(this.groups.flatMap(({ names }) => names));
    this.groups.forEach(({ names }, i) => {
      const saved = new Set(scalars.groups[i]!.names);
      const missing = names.filter((name) => !saved.has(name));
      const extra = [...saved].filter((name) => !names.includes(name));
      if (missing.length > 0) fail(`group ${i} lacks ${missing.join(', ')}`);
      if (extra.length > 0) fail(`group ${i} has ${extra.join(', ')}, which this optimiser does not have there`);
    });
    const stray = Object.keys(scalars.parameters).filter((name) => !known.has(name));
    if (stray.length > 0) fail(`it has steps of unknown parameters ${stray.join(', ')}`);
  }

  #updateOne(parameter: Parameter, gradient: tf.Tensor, group: Group<O>): void {
    const state = this.#stateOf(parameter);
    state.step++;
    tf.tidy(() => {
      parameter.assign(this.update(parameter, group.maximize ? tf.neg(gradient) : gradient, state, group));
    });
  }

  #stateOf(parameter: Parameter): ParameterState {
    let state = this.#states.get(parameter);
    if (state === undefined) this.#states.set(parameter, (state = new ParameterState()));
    return state;
  }

  #clear(): void {
    for (const state of this.#states.values()) state.dispose();
    this.#states.clear();
  }
}
