import type * as tf from '@tensorflow/tfjs-core';
import { loadStateDict, type Module } from '@hourglass/core';
import type { NamedTensors, ParityAdapter, ParityCase } from '@hourglass/core/testing';
import {
  EdgeIndex,
  RGATConv,
  RGCNConv,
  TypedEdges,
  type RGATConvOptions,
  type RGCNConvOptions,
} from '@hourglass/graph';
import { optionsOf, pygAdapter, type Op } from './support.js';

/** A layer on typed edges; the number of relations is the parameters' where the case does not say it. */
function onTypedEdges<M extends Module>(
  make: (options: Record<string, unknown>, relations: number, parityCase: ParityCase) => M,
  run: (module: M, inputs: Readonly<NamedTensors>, edges: TypedEdges) => tf.Tensor,
): Op {
  return (parityCase) => {
    const { inputs, parameters, args } = parityCase;
    const byRelation = parameters.get('comp') ?? parameters.get('att') ?? parameters.get('weight')!;
    const relations = (args['num_relations'] as number | undefined) ?? byRelation.shape[0]!;
    const module = make(optionsOf(args), relations, parityCase);
    loadStateDict(module, parameters);
    module.eval();
    const edges = new EdgeIndex(inputs['edge_index'] as tf.Tensor, inputs['x']!.shape[0]!);
    const typed = new TypedEdges(edges, inputs['edge_type']!, relations);
    return {
      module,
      forward: (inputs) => ({ y: run(module, inputs, typed) }),
      dispose() {
        typed.dispose();
        edges.dispose();
      },
    };
  };
}

const widthOf = ({ outputs }: ParityCase): number => outputs.get('y')!.at(-1)!;

const rgcn = (hasFeatures: boolean): Op =>
  onTypedEdges(
    ({ numNodes, ...options }, relations, parityCase) => {
      const [nodes, width] = parityCase.inputs['x']!.shape as [number, number];
      const inputs = hasFeatures ? width : ((numNodes as number | undefined) ?? nodes);
      return new RGCNConv(inputs, widthOf(parityCase), relations, options as RGCNConvOptions);
    },
    (module, { x }, edges) => module.forward(hasFeatures ? x! : null, edges),
  );

export const adapters: ParityAdapter[] = [
  pygAdapter({
    RGCNConv: rgcn(true),
    FastRGCNConv: rgcn(true),
    'RGCNConv no features': rgcn(false),
    'FastRGCNConv no features': rgcn(false),
    RGATConv: onTypedEdges(
      (options, relations, parityCase) => {
        const { heads = 1, dim = 1, concat = true } = options as RGATConvOptions;
        const outputs = widthOf(parityCase) / dim / (concat ? heads : 1);
        return new RGATConv(parityCase.inputs['x']!.shape[1]!, outputs, relations, options as RGATConvOptions);
      },
      (module, { x, edge_attr: attributes }, edges) => module.forward(x!, edges, attributes ?? null),
    ),
  }),
];
