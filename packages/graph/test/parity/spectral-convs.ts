import type * as tf from '@tensorflow/tfjs-core';
import type { Module } from '@hourglass/core';
import type { NamedTensors, ParityAdapter, ParityCase } from '@hourglass/core/testing';
import * as graph from '@hourglass/graph';
import type { EdgeIndex } from '@hourglass/graph';
import { onEdges, pygAdapter, type Op } from './support.js';

type Options = Record<string, unknown>;
type Weighted = Module & { forward(x: tf.Tensor, edges: EdgeIndex, weight?: tf.Tensor | null): tf.Tensor };
type Residual = Module & {
  forward(x: tf.Tensor, first: tf.Tensor, edges: EdgeIndex, weight?: tf.Tensor | null): tf.Tensor;
};
type Plain = Module & { forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor };

/** Widths that arguments do not tell: those of the features, and of the result or what a parameter says. */
interface Widths {
  readonly inChannels: number;
  readonly outChannels: number;
}

function widths({ inputs, outputs, args }: ParityCase, { inChannels, outChannels }: Options): Widths {
  const heads = Number(args['concat'] === false ? 1 : (args['heads'] ?? 1));
  return {
    inChannels: (inChannels as number) ?? inputs['x']!.shape[1]!,
    outChannels: (outChannels as number) ?? outputs.get('y')!.at(-1)! / heads,
  };
}

type Make<M> = (sizes: Widths, options: Options, parityCase: ParityCase) => M;

function sized<M extends Module>(
  make: Make<M>,
  run: (module: M, inputs: Readonly<NamedTensors>, edges: EdgeIndex) => tf.Tensor,
): Op {
  return onEdges(
    (options, parityCase) => make(widths(parityCase, options), options, parityCase),
    (module, inputs, edges) => ({ y: run(module, inputs, edges) }),
  );
}

const plain = (make: Make<Plain>): Op => sized(make, (module, { x }, edges) => module.forward(x!, edges));

const weighted = (make: Make<Weighted>): Op =>
  sized(make, (module, { x, edge_weight: weight }, edges) => module.forward(x!, edges, weight ?? null));

const residual = (make: Make<Residual>): Op =>
  sized(make, (module, { x, x_0: first, edge_weight: weight }, edges) =>
    module.forward(x!, first!, edges, weight ?? null),
  );

const attributed = (make: Make<Weighted>): Op =>
  sized(make, (module, { x, edge_attr: attributes }, edges) => module.forward(x!, edges, attributes ?? null));

/** The reference, without `symnorm`, gives self loops up to the last node that an edge names only: the case gets edges with these. */
function withReferenceLoops(op: Op): Op {
  return (parityCase) => {
    const { args, inputs } = parityCase;
    const { aggregators = ['symnorm'], add_self_loops: isLooped = true } = args;
    if (isLooped !== true || (aggregators as string[]).includes('symnorm')) return op(parityCase);
    const ends = inputs['edge_index']!;
    const named = new graph.EdgeIndex(
      ends,
      ends.dataSync<'int32'>().reduce((most, node) => Math.max(most, node + 1), 0),
    );
    const looped = graph.addRemainingSelfLoops(named).edges.toTensor();
    named.dispose();
    const runnable = op({
      ...parityCase,
      args: { ...args, add_self_loops: false },
      inputs: { ...inputs, edge_index: looped },
    });
    looped.dispose();
    return runnable;
  };
}

export const adapters: ParityAdapter[] = [
  pygAdapter({
    SGConv: weighted(({ inChannels, outChannels }, options) => new graph.SGConv(inChannels, outChannels, options)),
    SSGConv: weighted(
      ({ inChannels, outChannels }, options) =>
        new graph.SSGConv(inChannels, outChannels, options as unknown as { alpha: number }),
    ),
    APPNP: weighted((_, options) => new graph.APPNP(options as unknown as graph.APPNPOptions)),
    TAGConv: weighted(({ inChannels, outChannels }, options) => new graph.TAGConv(inChannels, outChannels, options)),
    GraphConv: weighted(
      ({ inChannels, outChannels }, options) => new graph.GraphConv(inChannels, outChannels, options),
    ),
    ARMAConv: weighted(({ inChannels, outChannels }, options) => new graph.ARMAConv(inChannels, outChannels, options)),
    LEConv: weighted(({ inChannels, outChannels }, options) => new graph.LEConv(inChannels, outChannels, options)),
    MixHopConv: weighted(({ inChannels, outChannels }, options) => {
      const powers = (options['powers'] as number[] | undefined) ?? [0, 1, 2];
      return new graph.MixHopConv(inChannels, outChannels / powers.length, options);
    }),
    GCN2Conv: residual(
      (_, { channels, ...options }) =>
        new graph.GCN2Conv(channels as number, options as unknown as graph.GCN2ConvOptions),
    ),
    ChebConv: sized(
      ({ inChannels, outChannels }, options) =>
        new graph.ChebConv(inChannels, outChannels, options as unknown as graph.ChebConvOptions),
      (module, { x, edge_weight: edgeWeight, lambda_max: lambdaMax }, edges) =>
        module.forward(x!, edges, { edgeWeight, lambdaMax }),
    ),
    ClusterGCNConv: plain(
      ({ inChannels, outChannels }, options) => new graph.ClusterGCNConv(inChannels, outChannels, options),
    ),
    FAConv: residual(({ inChannels }, options) => new graph.FAConv(inChannels, options)),
    AGNNConv: plain((_, options) => new graph.AGNNConv(options)),
    LGConv: weighted((_, options) => new graph.LGConv(options)),
    EGConv: withReferenceLoops(
      plain(({ inChannels, outChannels }, options) => new graph.EGConv(inChannels, outChannels, options)),
    ),
    ResGatedGraphConv: attributed(
      ({ inChannels, outChannels }, options) => new graph.ResGatedGraphConv(inChannels, outChannels, options),
    ),
    GatedGraphConv: weighted(
      ({ outChannels }, options) =>
        new graph.GatedGraphConv(outChannels, options as unknown as graph.GatedGraphConvOptions),
    ),
    FiLMConv: plain(({ inChannels, outChannels }, options) => new graph.FiLMConv(inChannels, outChannels, options)),
    FeaStConv: plain(
      ({ inChannels }, options, { outputs }) => new graph.FeaStConv(inChannels, outputs.get('y')![1]!, options),
    ),
    SuperGATConv: plain(
      ({ inChannels, outChannels }, options) => new graph.SuperGATConv(inChannels, outChannels, options),
    ),
    SimpleConv: weighted((_, options) => new graph.SimpleConv(options)),
    MFConv: plain(({ inChannels, outChannels }, options) => new graph.MFConv(inChannels, outChannels, options)),
    AntiSymmetricConv: plain(({ inChannels }, options) => new graph.AntiSymmetricConv(inChannels, options)),
    DirGNNConv: plain(
      ({ inChannels, outChannels }, { conv: _conv, ...options }) =>
        new graph.DirGNNConv(inChannels, outChannels, options),
    ),
    GeneralConv: attributed(
      ({ inChannels }, options, { outputs }) => new graph.GeneralConv(inChannels, outputs.get('y')![1]!, options),
    ),
  }),
];
