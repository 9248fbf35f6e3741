import * as tf from '@tensorflow/tfjs-core';
import { disposeAfterGradients, functional, loadStateDict, type Module } from '@hourglass/core';
import type { NamedTensors, ParityAdapter, ParityCase } from '@hourglass/core/testing';
import {
  ASAPooling,
  EdgeIndex,
  EdgePooling,
  GATConv,
  GCNConv,
  GraphConv,
  SAGEConv,
  SAGPooling,
  TopKPooling,
  type PooledGraph,
  type TopKPoolingOptions,
} from '@hourglass/graph';
import { optionsOf, pygAdapter, type Op } from './support.js';

/** Layers within a pooling, by a parameter that only they have. */
const layers = { lin_rel: GraphConv, lin_l: SAGEConv, att_src: GATConv, lin: GCNConv } as const;
type Layer = (typeof layers)[keyof typeof layers];

/** The layer under this name, where the case has its parameters. */
function layerOf(
  { parameters }: ParityCase,
  name: string,
): { gnn?: (...sizes: [number, number]) => InstanceType<Layer> } {
  const known = Object.entries(layers).find(([key]) =>
    [...parameters.keys()].some((parameter) => parameter.startsWith(`${name}.${key}`)),
  );
  return known === undefined ? {} : { gnn: (...sizes) => new known[1](...sizes) };
}

type Inputs = Readonly<NamedTensors> & { readonly x: tf.Tensor };

function pooling<M extends Module>(
  make: (width: number, options: Record<string, unknown>, parityCase: ParityCase) => M,
  run: (module: M, inputs: Inputs, edges: EdgeIndex, batch: functional.Segments) => PooledGraph,
): Op {
  return (parityCase) => {
    const { inputs } = parityCase;
    const nodes = inputs['x']!.shape[0]!;
    const module = make(inputs['x']!.shape[1]!, optionsOf(parityCase.args), parityCase);
    loadStateDict(module, parityCase.parameters);
    module.eval();
    const edges = new EdgeIndex(inputs['edge_index']!, nodes);
    const graphs = 1 + Math.max(...inputs['batch']!.dataSync());
    const batch = new functional.Segments(inputs['batch']!, graphs);
    return {
      module,
      forward: (inputs): NamedTensors => {
        const pooled = run(module, inputs as Inputs, edges, batch);
        const outputs = {
          y: pooled.x,
          score: pooled.score,
          edge_index: pooled.edges.toTensor(),
          batch: tf.clone(pooled.batch.ids),
          perm: tf.tensor1d(pooled.perm, 'int32'),
          ...(pooled.edgeAttr && { edge_attr: pooled.edgeAttr, edge_weight: pooled.edgeAttr }),
        };
        disposeAfterGradients(pooled);
        return outputs;
      },
      dispose: () => {
        edges.dispose();
        batch.dispose();
      },
    };
  };
}

export const adapters: ParityAdapter[] = [
  pygAdapter({
    TopKPooling: pooling(
      (width, options) => new TopKPooling(width, options as TopKPoolingOptions),
      (layer, { x, edge_attr: edgeAttr }, edges, batch) =>
        layer.forward(x, edges, { batch, edgeAttr: edgeAttr ?? null }),
    ),
    SAGPooling: pooling(
      (width, options, parityCase) => new SAGPooling(width, { ...options, ...layerOf(parityCase, 'gnn') }),
      (layer, { x, edge_attr: edgeAttr }, edges, batch) =>
        layer.forward(x, edges, { batch, edgeAttr: edgeAttr ?? null }),
    ),
    ASAPooling: pooling(
      (width, options, parityCase) =>
        new ASAPooling(width, { ...options, ...layerOf(parityCase, 'gnn_intra_cluster') }),
      (layer, { x, edge_weight: edgeAttr }, edges, batch) =>
        layer.forward(x, edges, { batch, edgeAttr: edgeAttr ?? null }),
    ),
    EdgePooling: pooling(
      (width, options) => new EdgePooling(width, options),
      (layer, { x }, edges, batch) => layer.forward(x, edges, batch),
    ),
  }),
];
