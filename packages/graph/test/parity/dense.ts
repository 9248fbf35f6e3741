import type * as tf from '@tensorflow/tfjs-core';
import { loadStateDict, type Module } from '@hourglass/core';
import type { NamedTensors, ParityAdapter, ParityCase } from '@hourglass/core/testing';
import {
  denseDiffPool,
  DenseGATConv,
  DenseGCNConv,
  DenseGINConv,
  DenseGraphConv,
  denseMincutPool,
  DenseSAGEConv,
  DMoNPooling,
} from '@hourglass/graph';
import { networkOf, optionsOf, pygAdapter, type Op } from './support.js';

type Inputs = Readonly<NamedTensors>;
interface DenseModule extends Module {
  forward(x: tf.Tensor, adj: tf.Tensor, inputs: { readonly mask?: tf.Tensor | null }): tf.Tensor;
}

function module<M extends Module>(
  make: (parityCase: ParityCase, options: Record<string, unknown>) => M,
  run: (module: M, inputs: Inputs) => NamedTensors,
): Op {
  return (parityCase) => {
    const module = make(parityCase, optionsOf(parityCase.args));
    loadStateDict(module, parityCase.parameters);
    module.eval();
    return { module, forward: (inputs) => run(module, inputs) };
  };
}

const dense = (layer: DenseModule, { x, adj, mask }: Inputs): NamedTensors => ({
  y: layer.forward(x!, adj!, { mask: mask ?? null }),
});

/** A convolution with as many outputs as this parameter has rows. */
function convolution(
  weight: string,
  make: (inputs: number, outputs: number, parityCase: ParityCase, options: Record<string, unknown>) => DenseModule,
): Op {
  return module((parityCase, options) => {
    const [outputs, inputs] = parityCase.parameters.get(weight)!.shape as [number, number];
    return make(inputs, outputs, parityCase, options);
  }, dense);
}

export const adapters: ParityAdapter[] = [
  pygAdapter({
    dense_diff_pool: ({ args }) => ({
      forward: ({ x, adj, s, mask }) => {
        const pooled = denseDiffPool(x!, adj!, s!, { mask: mask ?? null, ...optionsOf(args) });
        return { x: pooled.x, adj: pooled.adj, l1: pooled.linkLoss, l2: pooled.entropyLoss };
      },
    }),
    dense_mincut_pool: ({ args }) => ({
      forward: ({ x, adj, s, mask }) => {
        const temperature = (args['temp'] as number | undefined) ?? 1;
        const pooled = denseMincutPool(x!, adj!, s!, { mask: mask ?? null, temperature });
        return { x: pooled.x, adj: pooled.adj, l1: pooled.mincutLoss, l2: pooled.orthogonalityLoss };
      },
    }),
    DMoNPooling: module(
      ({ parameters }, { k }) => {
        const lins = [...parameters.keys()].filter((name) => name.endsWith('.weight')).length;
        const inputs = Array.from({ length: lins }, (_, i) => parameters.get(`mlp.lins.${i}.weight`)!.shape[1]!);
        return new DMoNPooling(inputs, k as number);
      },
      (layer, { x, adj, mask }) => {
        const pooled = layer.forward(x!, adj!, { mask: mask ?? null });
        return {
          s: pooled.s,
          x: pooled.x,
          adj: pooled.adj,
          spectral: pooled.spectralLoss,
          orth: pooled.orthogonalityLoss,
          cluster: pooled.clusterLoss,
        };
      },
    ),
    DenseGCNConv: convolution('lin.weight', (inputs, outputs, { parameters }, options) => {
      return new DenseGCNConv(inputs, outputs, { bias: parameters.has('bias'), ...options });
    }),
    DenseSAGEConv: convolution('lin_rel.weight', (inputs, outputs, { parameters }, options) => {
      return new DenseSAGEConv(inputs, outputs, { bias: parameters.has('lin_root.bias'), ...options });
    }),
    // the collection's own choice where the case does not say which
    DenseGraphConv: convolution('lin_rel.weight', (inputs, outputs, { parameters }, options) => {
      return new DenseGraphConv(inputs, outputs, { aggr: 'mean', bias: parameters.has('lin_rel.bias'), ...options });
    }),
    DenseGINConv: module(
      // its value is loaded; learned, so that it has a gradient
      (parityCase, options) => new DenseGINConv(networkOf(parityCase, 'nn'), { trainEps: true, ...options }),
      dense,
    ),
    DenseGATConv: convolution('lin.weight', (inputs, _, { parameters, outputs }, options) => {
      const [, , heads, channels] = parameters.get('att_src')!.shape as [number, number, number, number];
      const concat = heads === 1 || outputs.get('y')![2] !== channels;
      return new DenseGATConv(inputs, channels, { heads, concat, bias: parameters.has('bias'), ...options });
    }),
  }),
];
