import * as tf from '@tensorflow/tfjs-core';
import { functional, losses, type ModelFamily, type Module } from '@hourglass/core';
import type { NamedTensors, ParityAdapter } from '@hourglass/core/testing';
import {
  DeeperGCN,
  deeperGCNFamilies,
  EdgeCNN,
  edgeCNNFamilies,
  EdgeIndex,
  GAT,
  gatFamilies,
  GCN,
  GCN2,
  gcn2Families,
  gcnFamilies,
  GIN,
  ginFamilies,
  GINGraphClassifier,
  ginGraphClassifierFamilies,
  GraphSAGE,
  graphSAGEFamilies,
  PNA,
  pnaFamilies,
} from '@hourglass/graph';

interface Loader<M extends Module> {
  readonly families: ReadonlyArray<ModelFamily<M>>;
  load(folder: string): Promise<M>;
  /** @param batch the graph of each node, where there are several */
  run(model: M, inputs: Readonly<NamedTensors>, edges: EdgeIndex, batch: functional.Segments | null): NamedTensors;
}

/** Loads the folder by the public way, and runs the model in evaluation mode. */
export function modelAdapter<M extends Module>({ families, load, run }: Loader<M>): ParityAdapter {
  return {
    knows: ({ op, config }) => op === '' && families.some((family) => family.matches(config)),
    async prepare({ folder, inputs }) {
      const module = (await load(folder)).eval();
      const edges = new EdgeIndex(inputs['edge_index']!, inputs['x']!.shape[0]!);
      const { batch: ids, y } = inputs;
      const batch = ids === undefined ? null : new functional.Segments(ids, y!.shape[0]!);
      return {
        module,
        forward: (inputs) => run(module, inputs, edges, batch),
        dispose() {
          edges.dispose();
          batch?.dispose();
        },
      };
    },
  };
}

/** Cross entropy of the nodes in train_mask. */
export function nodeLoss(logits: tf.Tensor, { y, train_mask: mask }: Readonly<NamedTensors>): tf.Tensor {
  const rows = [...mask!.dataSync()].flatMap((inside, node) => (inside ? [node] : []));
  return losses.crossEntropy(tf.gather(logits, rows), tf.gather(y!, rows));
}

type NodeModel = Module & {
  forward(
    x: tf.Tensor,
    edges: EdgeIndex,
    inputs: { readonly edgeWeight?: tf.Tensor; readonly edgeAttr?: tf.Tensor },
  ): tf.Tensor;
};

export function nodeModelAdapter<M extends NodeModel>(
  families: ReadonlyArray<ModelFamily<M>>,
  load: (folder: string) => Promise<M>,
): ParityAdapter {
  return modelAdapter({
    families,
    load,
    run(model, inputs, edges) {
      const { edge_weight: edgeWeight, edge_attr: edgeAttr } = inputs;
      const logits = model.forward(inputs['x']!, edges, { edgeWeight, edgeAttr });
      return { logits, loss: nodeLoss(logits, inputs) };
    },
  });
}

export const adapters: ParityAdapter[] = [
  nodeModelAdapter(edgeCNNFamilies, EdgeCNN.fromPretrained),
  modelAdapter({
    families: deeperGCNFamilies,
    load: DeeperGCN.fromPretrained,
    run(model, inputs, edges) {
      const logits = model.forward(inputs['x']!, edges, inputs['edge_attr'] ?? null);
      return { logits, loss: nodeLoss(logits, inputs) };
    },
  }),
  nodeModelAdapter(gatFamilies, GAT.fromPretrained),
  nodeModelAdapter(gcn2Families, GCN2.fromPretrained),
  nodeModelAdapter(gcnFamilies, GCN.fromPretrained),
  nodeModelAdapter(graphSAGEFamilies, GraphSAGE.fromPretrained),
  nodeModelAdapter(ginFamilies, GIN.fromPretrained),
  nodeModelAdapter(pnaFamilies, PNA.fromPretrained),
  modelAdapter({
    families: ginGraphClassifierFamilies,
    load: GINGraphClassifier.fromPretrained,
    run(model, { x, y }, edges, batch) {
      const logits = model.forward(x!, edges, batch!);
      return { logits, loss: losses.crossEntropy(logits, y!) };
    },
  }),
];
