import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  functional,
  Linear,
  Module,
  ModuleDict,
  Parameter,
  ParameterDict,
  scope,
  uniformTensor,
  type Generator,
} from '@hourglass/core';
import { edgeTypeName } from '../../data/hetero-graph.js';
import { splitHeads } from '../convolution/attention.js';
import { jointAttention, type ScoredEdges } from './joint-attention.js';
import { presentEdges, widthsOf, type ByEdgeType, type ByNodeType, type HeteroMetadata } from './metadata.js';

/** A linear map for each type of node. */
class TypedLinear extends Module {
  readonly lins: ModuleDict<Linear>;

  constructor(widths: ReadonlyArray<readonly [string, number]>, outputs: number, generator: Generator | undefined) {
    super();
    this.lins = new ModuleDict(
      widths.map(([type, width]) => [type, new Linear(width, outputs, { generator })] as const),
    );
  }
}

/** A matrix for each head and type of edge. */
class TypedMatrices extends Module {
  /** [heads * types, width, width], heads outermost */
  readonly weight: Parameter;

  constructor(
    readonly heads: number,
    types: number,
    width: number,
    generator: Generator | undefined,
  ) {
    super();
    const bound = 1 / Math.sqrt(width);
    this.weight = new Parameter(uniformTensor([heads * types, width, width], -bound, bound, generator));
  }

  /** [heads, width, width] for each type of edge. */
  byType(): tf.Tensor[] {
    const [count, width] = this.weight.shape as [number, number, number];
    return tf.unstack(tf.reshape(this.weight.value, [this.heads, count / this.heads, width, width]), 1);
  }
}

export interface HGTConvOptions {
  /** Default 1. */
  readonly heads?: number;
  readonly generator?: Generator | undefined;
}

/** Heterogeneous graph Transformer (Hu et al. 2020, arXiv:2003.01332). */
export class HGTConv extends Module {
  readonly kqv_lin: TypedLinear;
  readonly out_lin: TypedLinear;
  readonly k_rel: TypedMatrices;
  readonly v_rel: TypedMatrices;
  /** [1] for each type of node: the sigmoid weighs what is heard against the node's own features, where these are as wide. */
  readonly skip: ParameterDict;
  /** [1, heads] for each type of edge. */
  readonly p_rel: ParameterDict;
  readonly heads: number;

  /**
   * @param inChannels width of all features, or of each type's
   * @throws InvalidArgumentError when outChannels do not divide into the heads
   */
  constructor(
    readonly inChannels: number | Readonly<Record<string, number>>,
    readonly outChannels: number,
    readonly metadata: HeteroMetadata,
    options: HGTConvOptions = {},
  ) {
    super();
    const { heads = 1, generator } = options;
    const { nodeTypes, edgeTypes } = metadata;
    check(outChannels % heads === 0, () => `HGTConv: ${outChannels} channels do not divide into ${heads} heads`);
    const widths = widthsOf('HGTConv', inChannels, metadata);
    this.kqv_lin = new TypedLinear(widths, outChannels * 3, generator);
    this.out_lin = new TypedLinear(
      nodeTypes.map((type) => [type, outChannels] as const),
      outChannels,
      generator,
    );
    this.k_rel = new TypedMatrices(heads, edgeTypes.length, outChannels / heads, generator);
    this.v_rel = new TypedMatrices(heads, edgeTypes.length, outChannels / heads, generator);
    this.skip = new ParameterDict(nodeTypes.map((type) => [type, new Parameter(tf.ones([1]))] as const));
    this.p_rel = new ParameterDict(
      edgeTypes.map((type) => [edgeTypeName(type), new Parameter(tf.ones([1, heads]))] as const),
    );
    this.heads = heads;
  }

  /**
   * @param x features by type of node
   * @param edges by type; types may be missing
   * @returns float32 [nodes, outChannels] for every type of node that is given and that some type of edge of the metadata leads to
   */
  forward(x: ByNodeType, edges: ByEdgeType): Record<string, tf.Tensor> {
    const present = presentEdges('HGTConv', this.metadata.edgeTypes, x, edges);
    return scope(() => {
      const parts = Object.fromEntries(Object.entries(x).map(([type, rows]) => [type, this.#parts(type, rows)]));
      const matrices = { key: this.k_rel.byType(), value: this.v_rel.byType() };
      const heard = new Map<string, ScoredEdges[]>();
      for (const { type, name, edges } of present) {
        const [source, , destination] = type;
        const place = this.metadata.edgeTypes.indexOf(type);
        const key = perHead(parts[source]!.key, matrices.key[place]!);
        const dots = functional.sddmm(edges.adjacency, parts[destination]!.query, key);
        const scores = tf.mul(dots, tf.div(this.p_rel.get(name).value, Math.sqrt(this.outChannels / this.heads)));
        const values = perHead(parts[source]!.value, matrices.value[place]!);
        heard.set(destination, [...(heard.get(destination) ?? []), { edges, scores, values }]);
      }
      const reachable = new Set(this.metadata.edgeTypes.map(([, , destination]) => destination));
      const given = Object.entries(x).filter(([type]) => reachable.has(type));
      return Object.fromEntries(given.map(([type, rows]) => [type, this.#update(type, rows, heard.get(type) ?? [])]));
    });
  }

  #parts(type: string, x: tf.Tensor): Record<'key' | 'query' | 'value', tf.Tensor> {
    const split = tf.split(this.kqv_lin.lins.get(type).forward(x), 3, 1);
    const [key, query, value] = split.map((part) => splitHeads(part, this.heads));
    return { key: key!, query: query!, value: value! };
  }

  #update(type: string, x: tf.Tensor, heard: readonly ScoredEdges[]): tf.Tensor {
    const shape: [number, number] = [x.shape[0]!, this.outChannels];
    const sum = heard.length === 0 ? tf.zeros(shape) : tf.reshape(jointAttention(heard), shape);
    const y = this.out_lin.lins.get(type).forward(functional.gelu(sum));
    if (x.shape[1] !== this.outChannels) return y;
    return tf.add(x, tf.mul(tf.sigmoid(this.skip.get(type).value), tf.sub(y, x)));
  }
}

/** [rows, heads, width] times [heads, width, width]. */
function perHead(x: tf.Tensor, matrices: tf.Tensor): tf.Tensor {
  return tf.transpose(tf.matMul(tf.transpose(x, [1, 0, 2]), matrices), [1, 0, 2]);
}
