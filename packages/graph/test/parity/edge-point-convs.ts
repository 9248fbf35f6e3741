import type { NamedTensors, ParityAdapter, ParityCase } from '@hourglass/core/testing';
import {
  CGConv,
  EdgeConv,
  GMMConv,
  HypergraphConv,
  NNConv,
  PDNConv,
  PointGNNConv,
  PointNetConv,
  PointTransformerConv,
  PPFConv,
  type AggregationName,
  type CGConvOptions,
  type GMMConvOptions,
  type HypergraphConvOptions,
  type NNConvOptions,
  type PDNConvOptions,
} from '@hourglass/graph';
import { networkOf, onEdges, pygAdapter } from './support.js';

const widthOf = ({ inputs }: ParityCase): number => inputs['x']!.shape[1]!;
const outputOf = ({ outputs }: ParityCase): number => outputs.get('y')!.at(-1)!;
/** The network under this name, where the case has one. */
const optional = (parityCase: ParityCase, name: string): ReturnType<typeof networkOf> | null =>
  [...parityCase.parameters.keys()].some((key) => key.startsWith(`${name}.`)) ? networkOf(parityCase, name) : null;
const aggregation = (aggr: unknown): { aggr?: AggregationName } =>
  aggr === undefined ? {} : { aggr: aggr as AggregationName };

const pointOptions = ({ addSelfLoops, aggr }: Record<string, unknown>, parityCase: ParityCase) => ({
  localNn: optional(parityCase, 'local_nn'),
  globalNn: optional(parityCase, 'global_nn'),
  ...(addSelfLoops === undefined ? {} : { addSelfLoops: addSelfLoops as boolean }),
  ...aggregation(aggr),
});

/** Nodes and hyperedges: as many as weights, or as are numbered. */
function hypergraphSides(inputs: Readonly<NamedTensors>): readonly [number, number] {
  const { x, hyperedge_index: index, hyperedge_weight: weight } = inputs;
  const numbers = [...index!.dataSync()].slice(index!.shape[1]);
  return [x!.shape[0]!, weight?.shape[0] ?? numbers.reduce((a, b) => Math.max(a, b), -1) + 1];
}

export const adapters: ParityAdapter[] = [
  pygAdapter({
    EdgeConv: onEdges(
      ({ aggr }, parityCase) => new EdgeConv(networkOf(parityCase, 'nn'), aggregation(aggr)),
      (module, { x }, edges) => ({ y: module.forward(x!, edges) }),
    ),
    PointNetConv: onEdges(
      (options, parityCase) => new PointNetConv(pointOptions(options, parityCase)),
      (module, { x, pos }, edges) => ({ y: module.forward(x ?? null, pos!, edges) }),
    ),
    PPFConv: onEdges(
      (options, parityCase) => new PPFConv(pointOptions(options, parityCase)),
      (module, { x, pos, normal }, edges) => ({ y: module.forward(x ?? null, pos!, normal!, edges) }),
    ),
    PointTransformerConv: onEdges(
      ({ addSelfLoops = true }, parityCase) =>
        new PointTransformerConv(widthOf(parityCase), outputOf(parityCase), {
          posNn: networkOf(parityCase, 'pos_nn'),
          attnNn: optional(parityCase, 'attn_nn'),
          addSelfLoops: addSelfLoops as boolean,
        }),
      (module, { x, pos }, edges) => ({ y: module.forward(x!, pos!, edges) }),
    ),
    PointGNNConv: onEdges(
      ({ aggr }, parityCase) =>
        new PointGNNConv(
          networkOf(parityCase, 'mlp_h'),
          networkOf(parityCase, 'mlp_f'),
          networkOf(parityCase, 'mlp_g'),
          aggregation(aggr),
        ),
      (module, { x, pos }, edges) => ({ y: module.forward(x!, pos!, edges) }),
    ),
    CGConv: onEdges(
      (options, parityCase) => new CGConv(widthOf(parityCase), options as CGConvOptions),
      (module, { x, edge_attr: attributes }, edges) => ({ y: module.forward(x!, edges, attributes ?? null) }),
    ),
    NNConv: onEdges(
      ({ nn: _description, ...options }, parityCase) =>
        new NNConv(widthOf(parityCase), outputOf(parityCase), networkOf(parityCase, 'nn'), options as NNConvOptions),
      (module, { x, edge_attr: attributes }, edges) => ({ y: module.forward(x!, edges, attributes!) }),
    ),
    GMMConv: onEdges(
      ({ dim, kernelSize, ...options }, parityCase) =>
        new GMMConv(
          widthOf(parityCase),
          outputOf(parityCase),
          dim as number,
          kernelSize as number,
          options as GMMConvOptions,
        ),
      (module, { x, edge_attr: attributes }, edges) => ({ y: module.forward(x!, edges, attributes!) }),
    ),
    PDNConv: onEdges(
      (options, parityCase) =>
        new PDNConv(widthOf(parityCase), outputOf(parityCase), options as unknown as PDNConvOptions),
      (module, { x, edge_attr: attributes }, edges) => ({ y: module.forward(x!, edges, attributes ?? null) }),
    ),
    HypergraphConv: onEdges(
      (options, parityCase) => {
        const { heads = 1, concat = true, useAttention = false } = options as HypergraphConvOptions;
        const outputs = outputOf(parityCase) / (useAttention && concat ? heads : 1);
        return new HypergraphConv(widthOf(parityCase), outputs, options as HypergraphConvOptions);
      },
      (module, { x, hyperedge_weight: weight, hyperedge_attr: attributes }, edges) => ({
        y: module.forward(x!, edges, weight ?? null, attributes ?? null),
      }),
      hypergraphSides,
    ),
  }),
];
