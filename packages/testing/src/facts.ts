import type { BackendName, Generator, Module } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';

/** What a model returns: a tensor, or tensors in arrays and plain objects. */
export type Outputs = tf.Tensor | readonly Outputs[] | { readonly [name: string]: Outputs | undefined };

/** The shape of the one output, or the shapes of all by name: `masks`, `features.0`. */
export type Shapes = readonly number[] | Readonly<Record<string, readonly number[]>>;

/** One kind of input that a model takes. */
export interface InputCase<Input> {
  /** Shown in failures: `5 × 7 pixels`. */
  readonly name: string;
  /** A batch of so many examples; everything random in it comes from the generator. The kit frees its tensors. */
  make(generator: Generator, examples: number): Input;
  /** The shapes of what the model makes of it. */
  gives(input: Input, examples: number): Shapes;
}

/** An input that the model must refuse with an error that names its shape. */
export interface WrongInput<Input> {
  readonly name: string;
  make(generator: Generator): Input;
  /** What the message must say; default the shape of one of the input's tensors. */
  readonly says?: RegExp;
}

/** How examples become a batch whose inputs are not tensors with the examples along axis 0: a disjoint union of graphs, say. */
export interface Batching<Input> {
  /** Does not take over the inputs' tensors. */
  join(inputs: readonly Input[]): Input;
  /** The outputs for each of the inputs that were joined. */
  split(outputs: Outputs, inputs: readonly Input[]): readonly Outputs[];
}

/** What the kit looks at. */
export type Rule =
  | 'shapes'
  | 'gradients'
  | 'finite differences'
  | 'saving'
  | 'leaks'
  | 'throwing'
  | 'disposal'
  | 'determinism'
  | 'independence'
  | 'modes'
  | 'wrong input'
  | 'backends';

/** What the kit must know of a model. */
export interface ModelFacts<Model extends Module = Module, Input = tf.Tensor> {
  /** A new small model with all its weights from the generator. */
  create(generator: Generator): Model;
  /** Inputs of odd sizes and kinds; the first is used where one will do, so make it small. */
  readonly inputs: readonly [InputCase<Input>, ...InputCase<Input>[]];
  /** Examples in a batch. Default 2. */
  readonly examples?: number;
  /** Default `model.forward(input)`. */
  forward?(model: Model, input: Input): Outputs;
  /** A scalar; default a fixed random projection of all floating-point outputs. */
  loss?(outputs: Outputs, input: Input, model: Model): tf.Tensor;
  /** Loads what `savePretrained(folder)` of the model wrote. Without it, saving is not checked. */
  load?(folder: string): Promise<Model>;
  /** Default `model.config`; must be the same after loading. */
  config?(model: Model): unknown;
  /** Parameters that get no gradient from the loss, or one of zero, each with the reason. The keys are regular expressions. */
  readonly withoutGradient?: Readonly<Record<string, string>>;
  /** How to join examples and take their outputs apart; default along axis 0 of every tensor. */
  readonly batching?: Batching<Input>;
  /**
   * How training differs from evaluation: not at all (default), in results that repeat (batch norm), or in results that random
   * numbers decide (dropout), of the default generator or the one given to `create`.
   */
  readonly training?: 'same' | 'different' | 'random';
  /** At least one. */
  readonly wrong: readonly [WrongInput<Input>, ...WrongInput<Input>[]];
  /** Backends to compare with plain JavaScript; default all that start here, a GPU in software left out. */
  readonly backends?: readonly BackendName[];
  /** Rules that do not hold for this model by its nature, each with the reason. */
  readonly except?: Partial<Readonly<Record<Rule, string>>>;
}
