import { disposeTensors, Generator, scope, valueAndGradients, withGenerator, type Module } from '@hourglass/core';
import type { ValueAndGradients } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import type { InputCase, ModelFacts, Outputs } from './facts.js';
import { expectThat } from './failure.js';
import { projection, projectionValue, readAll, readOutputs, type Values } from './outputs.js';

/** A model under test: what its facts say, with the defaults filled in. */
export class Subject<Model extends Module, Input> {
  /** What each model was made with; its layers may go on to draw from it. */
  readonly #generators = new WeakMap<Model, Generator>();

  constructor(readonly facts: ModelFacts<Model, Input>) {}

  get examples(): number {
    return this.facts.examples ?? 2;
  }

  /** The first kind of input. */
  get usual(): InputCase<Input> {
    return this.facts.inputs[0];
  }

  create(seed = 1): Model {
    const generator = new Generator(seed);
    const model = withGenerator(new Generator(seed + 100), () => this.facts.create(generator));
    this.#generators.set(model, generator);
    return model;
  }

  input(kind = this.usual, examples = this.examples, seed = 2): Input {
    return kind.make(new Generator(seed), examples);
  }

  /** Runs the model; the outputs belong to the caller. Random numbers are the same each time, unless another seed is given. */
  forward(model: Model, input: Input, seed = 3): Outputs {
    this.#generators.get(model)?.seed(seed);
    return withGenerator(new Generator(seed), () => {
      if (this.facts.forward !== undefined) return this.facts.forward(model, input);
      const { forward } = model as { forward?(x: Input): Outputs };
      expectThat(typeof forward === 'function', 'the model has no method forward: say how to run it, with `forward`');
      return forward.call(model, input);
    });
  }

  loss(model: Model, input: Input): tf.Tensor {
    const outputs = this.forward(model, input);
    return this.facts.loss?.(outputs, input, model) ?? projection(outputs);
  }

  /** {@link loss} as a number, as exact as it gets. */
  lossValue(model: Model, input: Input): number {
    return scope(() => {
      if (this.facts.loss !== undefined) return this.loss(model, input).dataSync()[0]!;
      return projectionValue(this.forward(model, input));
    });
  }

  /** The loss and its gradients, of all parameters or the given ones; they belong to the caller. */
  gradients(model: Model, input: Input, parameters = model.parameters()): ValueAndGradients<undefined> {
    return valueAndGradients(() => this.loss(model, input), parameters);
  }

  /** The gradients of the loss by the parameters' names. */
  async readGradients(model: Model, input: Input): Promise<Map<string, Values>> {
    const { value, gradients } = this.gradients(model, input);
    try {
      return await readAll(
        Array.from(model.namedParameters()).flatMap(([name, parameter]) => {
          const gradient = gradients.get(parameter);
          return gradient === undefined ? [] : [[name, gradient] as const];
        }),
      );
    } finally {
      tf.dispose([value, ...gradients.values()]);
    }
  }

  /** Reads what the model makes of an input. */
  read(model: Model, input: Input, seed?: number): Map<string, Values> {
    return scope(() => readOutputs(this.forward(model, input, seed)));
  }

  /** Runs `fn` with a new model, and frees it whatever happens. */
  async withModel<T>(fn: (model: Model) => T | Promise<T>, seed?: number): Promise<T> {
    const model = this.create(seed);
    try {
      return await fn(model);
    } finally {
      model.dispose();
    }
  }

  /** Runs `fn` with an input, and frees it whatever happens. */
  async withInput<T>(fn: (input: Input) => T | Promise<T>, kind?: InputCase<Input>, examples?: number): Promise<T> {
    const input = this.input(kind, examples);
    try {
      return await fn(input);
    } finally {
      freeInput(input);
    }
  }
}

/** Frees an input's tensors: by its own method, or those in arrays and plain objects. */
export function freeInput(input: unknown): void {
  const { dispose } = (input ?? {}) as { dispose?: unknown };
  if (typeof dispose === 'function' && !(input instanceof tf.Tensor)) dispose.call(input);
  else disposeTensors(input);
}

/** Reads all parameters and buffers. */
export function readState(model: Module): Promise<Map<string, Values>> {
  return readAll(Array.from(model.namedState(), ([name, { value }]) => [name, value] as const));
}
