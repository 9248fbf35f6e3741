import * as tf from '@tensorflow/tfjs-core';
import { GRU, GRUCell, loadStateDict, LSTM, LSTMCell, RNN, RNNCell, type Module } from '@hourglass/core';
import {
  opAdapter,
  type NamedTensors,
  type ParityAdapter,
  type ParityCase,
  type Runnable,
} from '@hourglass/core/testing';

type Sizes = readonly [input: number, hidden: number];

const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** snake_case arguments of the reference as our options. */
function options(args: Readonly<Record<string, unknown>>): Record<string, never> {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [camel(name), value])) as Record<string, never>;
}

/** A cell's sizes, from its weights: [gates, in] and [gates, hidden]. */
function cellSizes({ parameters }: ParityCase): Sizes {
  return [parameters.get('weight_ih')!.shape[1]!, parameters.get('weight_hh')!.shape[1]!];
}

function cell<M extends Module>(
  make: (sizes: Sizes, options: Record<string, never>) => M,
  forward: (module: M, inputs: Readonly<NamedTensors>) => NamedTensors,
): (parityCase: ParityCase) => Runnable {
  return (parityCase) => {
    const bias = parityCase.parameters.has('bias_ih');
    const module = make(cellSizes(parityCase), options({ bias, ...parityCase.args }));
    loadStateDict(module, parityCase.parameters);
    return { module, forward: (inputs) => forward(module, inputs) };
  };
}

function layer(Layer: typeof RNN | typeof LSTM | typeof GRU): (parityCase: ParityCase) => Runnable {
  return ({ args, parameters, outputs }) => {
    const { input_size: input, hidden_size: hidden, ...rest } = args;
    const module = new Layer(input as number, hidden as number, options(rest));
    loadStateDict(module, parameters);
    module.eval();
    return {
      module,
      forward({ x, l, h0, c0 }) {
        const result = module.forward(x!, {
          ...(l === undefined ? {} : { lengths: l }),
          ...(h0 === undefined ? {} : { h: h0 }),
          ...(c0 === undefined ? {} : { c: c0 }),
        });
        const { output, ...states } = result;
        // pad_packed_sequence cuts after the longest sequence
        const shape = outputs.get('y') ?? output.shape;
        const y = tf.slice(
          output,
          shape.map(() => 0),
          shape.map((size, axis) => Math.min(size, output.shape[axis]!)),
        );
        return { y, ...states };
      },
    };
  };
}

export const adapters: ParityAdapter[] = [
  opAdapter({
    RNNCell: cell(
      ([input, hidden], given) => new RNNCell(input, hidden, given),
      (module, { x, h }) => ({ y: module.forward(x!, h) }),
    ),
    GRUCell: cell(
      ([input, hidden], given) => new GRUCell(input, hidden, given),
      (module, { x, h }) => ({ y: module.forward(x!, h) }),
    ),
    LSTMCell: cell(
      ([input, hidden], given) => new LSTMCell(input, hidden, given),
      (module, { x, h, c }) => ({
        ...module.forward(x!, { ...(h === undefined ? {} : { h }), ...(c === undefined ? {} : { c }) }),
      }),
    ),
    RNN: layer(RNN),
    LSTM: layer(LSTM),
    GRU: layer(GRU),
    'RNN packed': layer(RNN),
    'LSTM packed': layer(LSTM),
    'GRU packed': layer(GRU),
    'RNN with initial state': layer(RNN),
    'LSTM with initial state': layer(LSTM),
    'GRU with initial state': layer(GRU),
  }),
];
