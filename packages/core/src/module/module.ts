import type * as tf from '@tensorflow/tfjs-core';
import { Parameter, StateBuffer } from './parameter.js';

/** A module that maps one tensor to one tensor. */
export interface UnaryModule extends Module {
  forward(x: tf.Tensor): tf.Tensor;
}

/** An activation that some modules apply in their own last pass. */
export type FusedActivation = 'relu';

/** A module that can apply an activation to what it returns, which saves a pass over it. */
export interface FusingModule extends UnaryModule {
  readonly fusesActivations: true;
  forward(x: tf.Tensor, activation?: FusedActivation): tf.Tensor;
}

/** A module that is nothing but an activation that a {@link FusingModule} can apply. */
export interface FusedModule extends UnaryModule {
  readonly fusedActivation: FusedActivation;
}

type Leaf = Parameter | StateBuffer;

/**
 * Base of every layer and model. Parameters, buffers and children are plain public fields (arrays count as lists);
 * a tensor's dotted field path is its name, and equals its name in the reference implementation's checkpoint. Keep references
 * that are not children in `#private` fields.
 */
export abstract class Module {
  /** True while training: dropout drops, batch norm uses batch statistics. Set by {@link train} and {@link eval}. */
  training = true;

  /** Direct children with their field names. */
  *children(): Iterable<[string, Module]> {
    for (const [name, value] of members(this)) if (value instanceof Module) yield [name, value];
  }

  /** This module (name '') and all below it, each once. */
  namedModules(prefix = ''): Iterable<[string, Module]> {
    return walkModules(this, prefix, new Set());
  }

  /** Trainable tensors in field order; a shared one appears once, under its first name. */
  *namedParameters(): Iterable<[string, Parameter]> {
    for (const [name, leaf] of unique(this.namedState())) if (leaf instanceof Parameter) yield [name, leaf];
  }

  /** Untrained state, in field order, each once. */
  *namedBuffers(): Iterable<[string, StateBuffer]> {
    for (const [name, leaf] of unique(this.namedState())) if (leaf instanceof StateBuffer) yield [name, leaf];
  }

  /** Every name of every parameter and buffer; a shared tensor appears under all its names. */
  namedState(prefix = ''): Iterable<[string, Leaf]> {
    return walkState(this, prefix);
  }

  parameters(): Parameter[] {
    return Array.from(this.namedParameters(), ([, parameter]) => parameter);
  }

  /** Number of trainable values. */
  get parameterCount(): number {
    return this.parameters().reduce((count, parameter) => count + parameter.variable.size, 0);
  }

  /** Switches this module and all below it to training (or, with false, to evaluation). */
  train(mode = true): this {
    for (const [, module] of this.namedModules()) module.training = mode;
    return this;
  }

  /** Switches to evaluation: no dropout, running statistics in batch norm. */
  eval(): this {
    return this.train(false);
  }

  /** Freezes (false) or unfreezes (true) every parameter below. */
  requiresGrad(value = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = value;
    return this;
  }

  /** Frees every parameter and buffer; harmless when repeated. */
  dispose(): void {
    for (const [, leaf] of this.namedState()) leaf.dispose();
  }
}

function* members(module: Module): Iterable<[string, unknown]> {
  for (const [name, value] of Object.entries(module)) {
    if (Array.isArray(value)) for (let i = 0; i < value.length; i++) yield [`${name}.${i}`, value[i]];
    else yield [name, value];
  }
}

function* walkModules(module: Module, prefix: string, seen: Set<Module>): Iterable<[string, Module]> {
  if (seen.has(module)) return;
  seen.add(module);
  yield [prefix, module];
  for (const [name, child] of module.children()) yield* walkModules(child, join(prefix, name), seen);
}

function* walkState(module: Module, prefix: string): Iterable<[string, Leaf]> {
  for (const [name, value] of members(module)) {
    if (value instanceof Parameter || value instanceof StateBuffer) yield [join(prefix, name), value];
    // through namedState, so that containers may name their children
    else if (value instanceof Module) yield* value.namedState(join(prefix, name));
  }
}

function* unique(entries: Iterable<[string, Leaf]>): Iterable<[string, Leaf]> {
  const seen = new Set<Leaf>();
  for (const entry of entries) {
    if (seen.has(entry[1])) continue;
    seen.add(entry[1]);
    yield entry;
  }
}

function join(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}
