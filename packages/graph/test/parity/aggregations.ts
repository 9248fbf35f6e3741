import type * as tf from '@tensorflow/tfjs-core';
import {
  decodeValues,
  functional,
  loadStateDict,
  type Module,
  type RecurrentOptions,
  type UnaryModule,
} from '@hourglass/core';
import type { ParityAdapter, ParityCase } from '@hourglass/core/testing';
import {
  AttentionalAggregation,
  DeepSetsAggregation,
  globalAddPool,
  globalMaxPool,
  globalMeanPool,
  GRUAggregation,
  LSTMAggregation,
  MaxAggregation,
  MeanAggregation,
  MedianAggregation,
  MinAggregation,
  MulAggregation,
  MultiAggregation,
  PowerMeanAggregation,
  QuantileAggregation,
  Set2Set,
  SetTransformerAggregation,
  SoftmaxAggregation,
  SortAggregation,
  StdAggregation,
  SumAggregation,
  VarAggregation,
  type Aggregation,
  type AggregationName,
  type Combination,
} from '@hourglass/graph';
import { networkOf, optionsOf, pygAdapter, type Op } from './support.js';

// the collection's own choice where a case does not say which
const collected: readonly AggregationName[] = ['mean', 'max', 'std'];

type Make = (parityCase: ParityCase, options: Record<string, unknown>) => Aggregation;

/** Of rows by an index; as many segments as the case's output has. */
function aggregation(make: Make): Op {
  return (parityCase) => {
    const module = make(parityCase, optionsOf(parityCase.args));
    loadStateDict(module, parityCase.parameters);
    module.eval();
    const segments = new functional.Segments(parityCase.inputs['index']!, parityCase.outputs.get('y')![0]!);
    return { module, forward: ({ x }) => ({ y: module.forward(x!, segments) }), dispose: () => segments.dispose() };
  };
}

/** Of nodes by graph, without parameters. */
function readout(pool: (x: tf.Tensor, batch: functional.Segments) => tf.Tensor): Op {
  return ({ inputs, outputs, args }) => {
    const size = (args['size'] as number | undefined) ?? outputs.get('y')![0]!;
    const batch = new functional.Segments(inputs['batch']!, size);
    return { forward: ({ x }) => ({ y: pool(x!, batch) }), dispose: () => batch.dispose() };
  };
}

/** The network under this name; null for none. */
const network = (parityCase: ParityCase, name: string): UnaryModule | null =>
  [...parityCase.parameters.keys()].some((key) => key.startsWith(`${name}.`)) ? networkOf(parityCase, name) : null;

const shapeOf = ({ parameters }: ParityCase, name: string): readonly number[] => parameters.get(name)!.shape;
const widths = ({ inputs, outputs }: ParityCase): [number, number] => [inputs['x']!.shape[1]!, outputs.get('y')![1]!];
const layers = ({ parameters }: ParityCase, of: string): number =>
  [...parameters.keys()].filter((key) => new RegExp(`^${of}\\.weight_ih_l\\d+$`).test(key)).length;
const blocks = ({ parameters }: ParityCase, of: string): number =>
  new Set([...parameters.keys()].filter((key) => key.startsWith(`${of}.`)).map((key) => key.split('.')[1])).size;

function recurrent<M extends Module & Aggregation>(
  Layer: new (inputs: number, outputs: number, options: Omit<RecurrentOptions, 'batchFirst'>) => M,
  name: string,
): Op {
  return aggregation((parityCase) => {
    const { parameters } = parityCase;
    return new Layer(widths(parityCase)[0], shapeOf(parityCase, `${name}.weight_hh_l0`)[1]!, {
      numLayers: layers(parityCase, name),
      bidirectional: parameters.has(`${name}.weight_ih_l0_reverse`),
      bias: parameters.has(`${name}.bias_ih_l0`),
    });
  });
}

export const adapters: ParityAdapter[] = [
  pygAdapter({
    global_add_pool: readout(globalAddPool),
    global_mean_pool: readout(globalMeanPool),
    global_max_pool: readout(globalMaxPool),
    SumAggregation: aggregation(() => new SumAggregation()),
    MeanAggregation: aggregation(() => new MeanAggregation()),
    MaxAggregation: aggregation(() => new MaxAggregation()),
    MinAggregation: aggregation(() => new MinAggregation()),
    MulAggregation: aggregation(() => new MulAggregation()),
    VarAggregation: aggregation((_, options) => new VarAggregation(options)),
    StdAggregation: aggregation((_, options) => new StdAggregation(options)),
    SoftmaxAggregation: aggregation((parityCase, options) => {
      const learn = parityCase.parameters.has('t');
      return new SoftmaxAggregation({ ...options, learn, channels: learn ? shapeOf(parityCase, 't').at(-1)! : 1 });
    }),
    PowerMeanAggregation: aggregation((parityCase, options) => {
      const learn = parityCase.parameters.has('p');
      return new PowerMeanAggregation({ ...options, learn, channels: learn ? shapeOf(parityCase, 'p').at(-1)! : 1 });
    }),
    MedianAggregation: aggregation((_, options) => new MedianAggregation(options)),
    QuantileAggregation: aggregation(
      (parityCase, options) =>
        new QuantileAggregation([...decodeValues(parityCase.parameters.get('q')!).values], options),
    ),
    SortAggregation: aggregation((parityCase) => {
      const [inputs, outputs] = widths(parityCase);
      return new SortAggregation(outputs / inputs);
    }),
    Set2Set: aggregation((parityCase, { processingSteps = 3 }) => {
      const numLayers = layers(parityCase, 'lstm');
      return new Set2Set(widths(parityCase)[0], processingSteps as number, { numLayers });
    }),
    AttentionalAggregation: aggregation(
      (parityCase) => new AttentionalAggregation(network(parityCase, 'gate_nn')!, network(parityCase, 'nn')),
    ),
    LSTMAggregation: recurrent(LSTMAggregation, 'lstm'),
    GRUAggregation: recurrent(GRUAggregation, 'gru'),
    DeepSetsAggregation: aggregation(
      (parityCase) => new DeepSetsAggregation(network(parityCase, 'local_nn'), network(parityCase, 'global_nn')),
    ),
    SetTransformerAggregation: aggregation((parityCase, { heads = 2, ...options }) => {
      const [, numSeedPoints, channels] = shapeOf(parityCase, 'pma.seed') as [number, number, number];
      return new SetTransformerAggregation(channels, {
        heads: heads as number,
        numSeedPoints,
        numEncoderBlocks: blocks(parityCase, 'encoders'),
        numDecoderBlocks: blocks(parityCase, 'decoders'),
        layerNorm: parityCase.parameters.has('pma.mab.layer_norm1.weight'),
        concat: widths(parityCase)[1] !== channels || numSeedPoints === 1,
        ...options,
      });
    }),
    MultiAggregation: aggregation((parityCase, { aggrs = collected, mode = 'cat', numHeads = 1 }) => {
      const [inChannels, outChannels] = widths(parityCase);
      return new MultiAggregation(
        aggrs as AggregationName[],
        { mode, inChannels, outChannels, numHeads } as Combination,
      );
    }),
  }),
];
