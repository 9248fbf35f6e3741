import type * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { checkpointShape, type Layout } from '../../module/layout.js';
import { Module, Parameter, type StateBuffer } from '../../module/index.js';

/** A weight that is computed from other parameters at each use. Stands in the place of a {@link Parameter}. */
export class DerivedWeight {
  readonly #compute: () => tf.Tensor;

  constructor(
    compute: () => tf.Tensor,
    /** Shape in memory. */
    readonly shape: number[],
    readonly layout: Layout,
  ) {
    this.#compute = compute;
  }

  /** Computed anew; belongs to the caller, or to the scope it is in. */
  get value(): tf.Tensor {
    return this.#compute();
  }

  get checkpointShape(): number[] {
    return checkpointShape(this.layout, this.shape);
  }
}

/** A module whose weight can be replaced: its forward reads the weight's `value`. */
export interface Weighted extends Module {
  forward(...inputs: never[]): tf.Tensor;
}

/** Names under which the parts of a derived weight are found, as fields of the module: `null` puts them on the module itself. */
type Parts = Readonly<Record<string, Parameter | StateBuffer | Module>>;

class Holder extends Module {}

/** The parameter `name` of `module`. @throws InvalidArgumentError when it has none, or a derived one already. */
export function takeWeight(module: Module, name: string): Parameter {
  const found: unknown = (module as unknown as Record<string, unknown>)[name];
  check(
    found instanceof Parameter,
    () => `${module.constructor.name} has no parameter '${name}' (or it is derived already)`,
  );
  return found;
}

/**
 * Puts `derived` in place of the parameter `name`. The parts are named `parametrizations.<name>.<part>`, or
 * `<name>_<part>` on the module itself where `legacy` is set.
 */
export function parametrize(module: Weighted, name: string, derived: DerivedWeight, parts: Parts, legacy: boolean) {
  const fields = module as unknown as Record<string, unknown>;
  fields[name] = derived;
  if (legacy) {
    for (const [part, value] of Object.entries(parts)) fields[`${name}_${part}`] = value;
  } else {
    const all = (fields['parametrizations'] ??= new Holder()) as Record<string, unknown>;
    all[name] = Object.assign(new Holder(), parts);
  }
  // computing the weight leaves intermediates, which a forward outside any scope would leak
  const forward = module.forward;
  Object.defineProperty(module, 'forward', {
    value: (...inputs: never[]) => scope(() => forward.apply(module, inputs)),
    configurable: true,
    writable: true,
  });
}

/**
 * Replaces a derived weight by a plain parameter with its present value, for inference.
 *
 * @throws InvalidArgumentError when `name` is not a derived weight.
 */
export function removeParametrization(module: Weighted, name = 'weight'): void {
  const fields = module as unknown as Record<string, unknown>;
  const derived = fields[name];
  check(derived instanceof DerivedWeight, () => `${module.constructor.name}.${name} is not a derived weight`);
  const value = derived.value;
  const drop = (owner: Record<string, unknown>, key: string): void => {
    const part = owner[key] as Parameter | StateBuffer | Module | undefined;
    part?.dispose();
    delete owner[key];
  };
  const all = fields['parametrizations'] as Record<string, unknown> | undefined;
  if (all !== undefined && name in all) {
    drop(all, name);
    if (![...(all as unknown as Module).children()].length) delete fields['parametrizations'];
  } else {
    for (const key of Object.keys(fields)) if (key.startsWith(`${name}_`)) drop(fields, key);
  }
  fields[name] = new Parameter(value, derived.layout);
}
