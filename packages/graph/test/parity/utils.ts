import * as tf from '@tensorflow/tfjs-core';
import { functional } from '@hourglass/core';
import type { NamedTensors, ParityAdapter, ParityCase } from '@hourglass/core/testing';
import {
  addRemainingSelfLoops,
  addSelfLoops,
  aggregationOf,
  coalesce,
  degree,
  EdgeIndex,
  farthestPoints,
  gcnNorm,
  kHopSubgraph,
  knnGraph,
  laplacian,
  PositionalEncoding,
  radiusGraph,
  randomWalkEncoding,
  toDenseAdjacency,
  toDenseBatch,
  toUndirected,
  type AggregationName,
  type LaplacianNormalization,
  type WeightedEdges,
} from '@hourglass/graph';
import { optionsOf, pygAdapter, type Op } from './support.js';

type Inputs = Readonly<NamedTensors>;
type Options = Record<string, unknown>;

const numbers = (t: tf.Tensor): Int32Array => t.dataSync<'int32'>();
const int32 = (values: ArrayLike<number>): tf.Tensor => tf.tensor1d(Int32Array.from(values), 'int32');
const after = (values: Int32Array): number => values.reduce((most, value) => Math.max(most, value + 1), 0);

/** How many nodes there are, where the case does not say: up to the last that an edge names. */
function nodesOf({ args, inputs }: ParityCase): number {
  return (args['num_nodes'] as number | undefined) ?? after(numbers(inputs['edge_index']!));
}

function onGraph(
  run: (edges: EdgeIndex, inputs: Inputs, options: Options) => NamedTensors,
  nodes: (parityCase: ParityCase) => number = nodesOf,
): Op {
  return (parityCase) => {
    const edges = new EdgeIndex(parityCase.inputs['edge_index']!, nodes(parityCase));
    const options = optionsOf(parityCase.args);
    return { forward: (inputs) => run(edges, inputs, options), dispose: () => edges.dispose() };
  };
}

const weighted = ({ edges, weight }: WeightedEdges): NamedTensors => ({ ei: edges.toTensor(), w: weight });

/** As many nodes as there are loops added. */
const loops = (parityCase: ParityCase): number => {
  if (parityCase.args['add_self_loops'] === false) return nodesOf(parityCase);
  const edges = parityCase.inputs['edge_index']!.shape[1]!;
  const ends = numbers(parityCase.inputs['edge_index']!);
  let own = 0;
  for (let e = 0; e < edges; e++) if (ends[e] === ends[edges + e]) own++;
  return parityCase.outputs.get('ei')![1]! - (parityCase.op === 'add_self_loops' ? edges : edges - own);
};

/** Rows by an index, as many as the output has. */
function bySegments(run: (x: tf.Tensor, segments: functional.Segments, options: Options) => tf.Tensor): Op {
  return ({ inputs, outputs, args, op }) => {
    const size = op === 'softmax' ? after(numbers(inputs['index']!)) : outputs.get('y')![0]!;
    const segments = new functional.Segments(inputs['index']!, size);
    const options = optionsOf(args);
    return {
      forward: ({ x }) => ({ y: run(x!, segments, options) }),
      dispose: () => segments.dispose(),
    };
  };
}

function onPoints(run: (pos: tf.Tensor, batch: functional.Segments, options: Options) => tf.Tensor): Op {
  return ({ inputs, args }) => {
    const batch = new functional.Segments(inputs['batch']!, after(numbers(inputs['batch']!)));
    const options = optionsOf(args);
    return { forward: ({ pos }) => ({ y: run(pos!, batch, options) }), dispose: () => batch.dispose() };
  };
}

function edgeTensor(edges: EdgeIndex): tf.Tensor {
  const ends = edges.toTensor();
  edges.dispose();
  return ends;
}

export const adapters: ParityAdapter[] = [
  pygAdapter({
    gcn_norm: onGraph((edges, { w }, options) => weighted(gcnNorm(edges, w ?? null, options)), loops),
    get_laplacian: onGraph(
      (edges, { w }, { normalization = null }) =>
        weighted(laplacian(edges, w ?? null, normalization as LaplacianNormalization)),
      loops,
    ),
    to_dense_adj: onGraph(
      (edges, { w }) => ({ y: toDenseAdjacency(edges, { edgeAttr: w ?? null }) }),
      ({ outputs }) => outputs.get('y')![1]!,
    ),
    softmax: bySegments((x, segments) => functional.segmentSoftmax(x, segments)),
    scatter: bySegments((x, segments, { reduce = 'sum' }) =>
      aggregationOf(reduce as AggregationName).forward(x, segments),
    ),
    degree: bySegments((_, segments) => degree(segments)),
    add_remaining_self_loops: onGraph((edges, { w }, { fillValue = 1 }) => {
      const looped = addRemainingSelfLoops(edges);
      return { ei: looped.edges.toTensor(), ...(w && { w: looped.carry(w, fillValue as number) }) };
    }, loops),
    add_self_loops: onGraph((edges, { w }, { fillValue = 1 }) => {
      const looped = addSelfLoops(edges);
      const fill =
        w !== undefined && typeof fillValue === 'string'
          ? aggregationOf(fillValue as AggregationName).forward(w, edges.incoming)
          : fillValue;
      return { ei: looped.edges.toTensor(), ...(w && { w: looped.carry(w, fill as number | tf.Tensor) }) };
    }, loops),
    coalesce: onGraph((edges, { w }, { reduce = 'sum' }) => {
      const merged = coalesce(edges);
      return { ei: merged.edges.toTensor(), ...(w && { w: merged.merge(w, reduce as AggregationName) }) };
    }),
    to_undirected: onGraph((edges, { w }, { reduce = 'add' }) => {
      const merged = toUndirected(edges);
      return { ei: merged.edges.toTensor(), ...(w && { w: merged.merge(w, reduce as AggregationName) }) };
    }),
    k_hop_subgraph: onGraph((edges, _, { node, hops, relabelNodes = true }) => {
      const found = kHopSubgraph(edges, node as number, hops as number);
      const { origin } = found.edges.origins;
      const kept = new Set(origin);
      const name = (ends: Int32Array): Int32Array =>
        relabelNodes === true ? ends : ends.map((number) => found.nodes[number]!);
      const ei = tf.stack([int32(name(found.edges.edges.source)), int32(name(found.edges.edges.destination))]);
      found.edges.dispose();
      return {
        nodes: int32(found.nodes),
        ei,
        map: int32(found.seeds),
        mask: tf.tensor1d(
          Uint8Array.from({ length: edges.edges }, (_, e) => (kept.has(e) ? 1 : 0)),
          'bool',
        ),
      };
    }),
    to_dense_batch: ({ inputs, outputs, args }) => {
      const [graphs, nodes] = outputs.get('x') as [number, number];
      const fill = args['fill_value'] as number | undefined;
      const batch = new functional.Segments(inputs['batch']!, graphs);
      return {
        forward: ({ x }) => ({ ...toDenseBatch(x!, batch, { nodes, fill }) }),
        dispose: () => batch.dispose(),
      };
    },
    AddRandomWalkPE: onGraph(
      (edges, { w }, { walkLength }) => ({ y: randomWalkEncoding(edges, walkLength as number, w?.dataSync() ?? null) }),
      ({ outputs }) => outputs.get('y')![0]!,
    ),
    PositionalEncoding: ({ args }) => {
      const { outChannels, ...options } = optionsOf(args);
      const module = new PositionalEncoding(outChannels as number, options);
      return { module, forward: ({ x }) => ({ y: module.forward(x!) }) };
    },
    knn_graph: onPoints((pos, batch, { k, ...options }) =>
      edgeTensor(knnGraph(pos, k as number, { batch, ...options })),
    ),
    radius_graph: onPoints((pos, batch, { r, maxNumNeighbors = 32, ...options }) =>
      edgeTensor(radiusGraph(pos, r as number, { batch, maxNeighbours: maxNumNeighbors as number, ...options })),
    ),
    fps: onPoints((pos, batch, { ratio = 0.5, ...options }) =>
      int32(farthestPoints(pos, ratio as number, { batch, ...options })),
    ),
  }),
];
