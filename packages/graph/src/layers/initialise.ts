import * as tf from '@tensorflow/tfjs-core';
import { defaultGenerator, init, Linear, Parameter, uniformTensor, type Generator } from '@hourglass/core';

/** What layers take for their random first values. */
export interface Random {
  /** Default: the default generator. */
  readonly generator?: Generator;
}

/** A linear map with Glorot's initialisation and a bias of zeros, as PyTorch Geometric's layers make them. */
export function glorotLinear(
  inputs: number,
  outputs: number,
  options: Random & { readonly bias?: boolean } = {},
): Linear {
  const { bias = true, ...random } = options;
  const linear = new Linear(inputs, outputs, { bias, ...random });
  init.xavierUniform(linear.weight, random);
  if (linear.bias !== null) init.zeros(linear.bias);
  return linear;
}

/** A parameter, uniform with Glorot's bound for its last two axes (Glorot and Bengio 2010). */
export function glorot(shape: readonly number[], { generator = defaultGenerator() }: Random = {}): Parameter {
  const bound = Math.sqrt(6 / (shape.at(-2)! + shape.at(-1)!));
  return new Parameter(uniformTensor([...shape], -bound, bound, generator));
}

/** A bias of zeros. */
export function zeroBias(size: number): Parameter {
  return new Parameter(tf.zeros([size]));
}
