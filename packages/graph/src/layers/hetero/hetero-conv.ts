import * as tf from '@tensorflow/tfjs-core';
import { check, Module, ModuleDict, scope } from '@hourglass/core';
import type { EdgeType } from '../../data/hetero-graph.js';
import type { EdgeIndex } from '../../edges/index.js';
import type { NodeFeatures } from '../message-passing.js';
import { presentEdges, type ByEdgeType, type ByNodeType } from './metadata.js';

/** A convolution that takes features of both sides, and may take attributes or weights of edges. */
export interface BipartiteConvolution extends Module {
  forward(x: NodeFeatures, edges: EdgeIndex, edgeAttr?: tf.Tensor | null): tf.Tensor;
}

const reductions = {
  sum: (x: tf.Tensor) => tf.sum(x, 0),
  mean: (x: tf.Tensor) => tf.mean(x, 0),
  max: (x: tf.Tensor) => tf.max(x, 0),
  min: (x: tf.Tensor) => tf.min(x, 0),
} as const;

/** How results of several types of edges become one: value by value, or side by side; null puts them on an axis of their own. */
export type HeteroReduction = keyof typeof reductions | 'cat' | null;

/**
 * A convolution for each type of edge; what reaches a type of node by several of them is joined. As the reference's HeteroConv. A
 * convolution between two types of nodes must not add self loops.
 */
export class HeteroConv extends Module {
  /** Named `<author___writes___paper>`, as in checkpoints of the reference. */
  readonly convs: ModuleDict<BipartiteConvolution>;
  readonly edgeTypes: readonly EdgeType[];
  readonly aggr: HeteroReduction;

  /** @param options.aggr default `sum` */
  constructor(
    convs: ReadonlyArray<readonly [type: EdgeType, conv: BipartiteConvolution]>,
    options: { readonly aggr?: HeteroReduction } = {},
  ) {
    super();
    this.convs = new ModuleDict(convs.map(([type, conv]) => [keyOf(type), conv] as const));
    this.edgeTypes = convs.map(([type]) => type);
    this.aggr = options.aggr === undefined ? 'sum' : options.aggr;
    const known = [...Object.keys(reductions), 'cat'];
    check(
      this.aggr === null || known.includes(this.aggr),
      () => `HeteroConv: unknown aggr ${JSON.stringify(this.aggr)}; there are ${known.join(', ')} and null`,
    );
  }

  /**
   * @param x features by type of node
   * @param edges by type; types may be missing
   * @param edgeAttr what the convolution of a type takes besides, float32 [edges, …] by type of edge
   * @returns by type of node that the edges lead to, float32 [nodes, width]; [nodes, types of edges, width] with aggr null
   */
  forward(x: ByNodeType, edges: ByEdgeType, edgeAttr: ByNodeType = {}): Record<string, tf.Tensor> {
    const present = presentEdges('HeteroConv', this.edgeTypes, x, edges);
    return scope(() => {
      const heard = new Map<string, tf.Tensor[]>();
      for (const { type, name, edges } of present) {
        const [source, , destination] = type;
        const features: NodeFeatures = source === destination ? x[source]! : [x[source]!, x[destination]!];
        const y = this.convs.get(keyOf(type)).forward(features, edges, edgeAttr[name] ?? null);
        heard.set(destination, [...(heard.get(destination) ?? []), y]);
      }
      return Object.fromEntries(Array.from(heard, ([type, results]) => [type, this.#join(results)]));
    });
  }

  #join(results: readonly tf.Tensor[]): tf.Tensor {
    if (this.aggr === null) return tf.stack([...results], 1);
    if (results.length === 1) return results[0]!;
    return this.aggr === 'cat' ? tf.concat([...results], -1) : reductions[this.aggr](tf.stack([...results]));
  }
}

const keyOf = (type: EdgeType): string => `<${type.join('___')}>`;
