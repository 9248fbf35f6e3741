import type * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { scope } from '../memory.js';
import { Module, type FusedModule, type FusingModule, type UnaryModule } from './module.js';
import type { Parameter } from './parameter.js';

/** A list of modules, named by their indices: `blocks.0`, `blocks.1`, … */
export class ModuleList<M extends Module = Module> extends Module implements Iterable<M> {
  readonly #modules: M[];

  constructor(modules: Iterable<M> = []) {
    super();
    this.#modules = [...modules];
    this.#modules.forEach((module, i) => defineMember(this, String(i), module));
  }

  get length(): number {
    return this.#modules.length;
  }

  at(index: number): M {
    const module = this.#modules.at(index);
    check(module !== undefined, `no module ${index} in a list of ${this.#modules.length}`);
    return module;
  }

  push(module: M): this {
    defineMember(this, String(this.#modules.length), module);
    this.#modules.push(module);
    return this;
  }

  [Symbol.iterator](): Iterator<M> {
    return this.#modules[Symbol.iterator]();
  }
}

/** Modules by name: `blocks.x_0_1`, … */
export class ModuleDict<M extends Module = Module> extends Module {
  readonly #modules = new Map<string, M>();

  constructor(modules: Readonly<Record<string, M>> | Iterable<readonly [string, M]> = {}) {
    super();
    const entries = Symbol.iterator in modules ? modules : Object.entries(modules);
    for (const [name, module] of entries) this.set(name, module);
  }

  set(name: string, module: M): this {
    check(!(name in this), `a module dictionary cannot hold an entry named '${name}'`);
    defineMember(this, name, module);
    this.#modules.set(name, module);
    return this;
  }

  has(name: string): boolean {
    return this.#modules.has(name);
  }

  get(name: string): M {
    const module = this.#modules.get(name);
    check(module !== undefined, `no module '${name}'; there are ${[...this.#modules.keys()].join(', ')}`);
    return module;
  }

  keys(): Iterable<string> {
    return this.#modules.keys();
  }

  values(): Iterable<M> {
    return this.#modules.values();
  }
}

/** Parameters by name, as torch.nn.ParameterDict: `scale.day`, … */
export class ParameterDict extends Module {
  readonly #parameters = new Map<string, Parameter>();

  constructor(parameters: Readonly<Record<string, Parameter>> | Iterable<readonly [string, Parameter]> = {}) {
    super();
    const entries = Symbol.iterator in parameters ? parameters : Object.entries(parameters);
    for (const [name, parameter] of entries) this.set(name, parameter);
  }

  set(name: string, parameter: Parameter): this {
    check(!(name in this), `a parameter dictionary cannot hold an entry named '${name}'`);
    defineMember(this, name, parameter);
    this.#parameters.set(name, parameter);
    return this;
  }

  has(name: string): boolean {
    return this.#parameters.has(name);
  }

  get(name: string): Parameter {
    const parameter = this.#parameters.get(name);
    check(parameter !== undefined, `no parameter '${name}'; there are ${[...this.#parameters.keys()].join(', ')}`);
    return parameter;
  }

  keys(): Iterable<string> {
    return this.#parameters.keys();
  }

  values(): Iterable<Parameter> {
    return this.#parameters.values();
  }
}

/**
 * Modules applied one after another, named `0`, `1`, … An entry that is null keeps its number but does nothing,
 * for reference checkpoints whose numbering has gaps.
 */
export class Sequential extends Module implements UnaryModule, Iterable<UnaryModule> {
  readonly #modules: UnaryModule[] = [];

  constructor(...modules: ReadonlyArray<UnaryModule | null>) {
    super();
    modules.forEach((module, i) => {
      if (module === null) return;
      defineMember(this, String(i), module);
      this.#modules.push(module);
    });
  }

  get length(): number {
    return this.#modules.length;
  }

  /** x of any shape that the first module takes, to what the last one returns. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => forwardAll(this.#modules, x));
  }

  [Symbol.iterator](): Iterator<UnaryModule> {
    return this.#modules[Symbol.iterator]();
  }
}

/** x through one module after the other; an activation is done by the module before it where that can. */
export function forwardAll(modules: readonly UnaryModule[], x: tf.Tensor): tf.Tensor {
  let y = x;
  for (let i = 0; i < modules.length; i++) {
    const module = modules[i]!;
    const fused = fusedInto(module, modules[i + 1]);
    y = fused === null ? module.forward(y) : fused.module.forward(y, fused.activation);
    if (fused !== null) i++;
  }
  return y;
}

/** The module and the activation after it, where it can take that over. */
function fusedInto(
  module: UnaryModule,
  next: UnaryModule | undefined,
): { module: FusingModule; activation: FusedModule['fusedActivation'] } | null {
  const activation = (next as Partial<FusedModule> | undefined)?.fusedActivation;
  if (activation === undefined || (module as Partial<FusingModule>).fusesActivations !== true) return null;
  // one whose forward someone watches has to be called
  return Object.hasOwn(next!, 'forward') ? null : { module: module as FusingModule, activation };
}

/** Members are enumerable own properties, so the walks in Module find them under this name. */
function defineMember(owner: Module, name: string, member: Module | Parameter): void {
  Object.defineProperty(owner, name, { value: member, enumerable: true, configurable: true, writable: true });
}
