import { loadStateDict, type Module } from '@hourglass/core';
import type { NamedTensors, ParityAdapter } from '@hourglass/core/testing';
import {
  ComplEx,
  DistMult,
  EdgeIndex,
  LightGCN,
  RotatE,
  TransE,
  type KGEModel,
  type KGEOptions,
  type LightGCNOptions,
} from '@hourglass/graph';
import { optionsOf, pygAdapter, type Op } from './support.js';

function op<M extends Module>(
  make: (options: Record<string, unknown>) => M,
  run: (model: M, inputs: Readonly<NamedTensors>) => NamedTensors,
): Op {
  return ({ args, parameters }) => {
    const module = make(optionsOf(args));
    loadStateDict(module, parameters);
    module.eval();
    return { module, forward: (inputs) => run(module, inputs) };
  };
}

const embedding = (Model: new (options: KGEOptions) => KGEModel): Op =>
  op(
    (options) => new Model(options as unknown as KGEOptions),
    (model, { h, r, t }) => ({ y: model.forward(h!, r!, t!) }),
  );

export const adapters: ParityAdapter[] = [
  pygAdapter({
    TransE: embedding(TransE),
    ComplEx: embedding(ComplEx),
    DistMult: embedding(DistMult),
    RotatE: embedding(RotatE),
    LightGCN: (parityCase) => {
      const edges = new EdgeIndex(parityCase.inputs['ei']!, parityCase.args['num_nodes'] as number);
      const runnable = op(
        (options) => new LightGCN(options as unknown as LightGCNOptions),
        (model, { pairs }) => ({ rank: model.forward(edges, pairs ?? null), emb: model.getEmbedding(edges) }),
      )(parityCase);
      return { ...runnable, dispose: () => edges.dispose() };
    },
  }),
];
