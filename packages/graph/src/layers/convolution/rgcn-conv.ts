import * as tf from '@tensorflow/tfjs-core';
import { check, functional, Module, scope, type Parameter } from '@hourglass/core';
import type { TypedEdges } from '../../edges/index.js';
import { groupedProduct } from '../grouped-product.js';
import { glorot, zeroBias } from '../initialise.js';
import { checkFeatures, type ConvOptions } from '../message-passing.js';

export interface RGCNConvOptions extends ConvOptions {
  /** Every relation's matrix is a mixture of this many. */
  readonly numBases?: number;
  /** Every relation's matrix has this many blocks on its diagonal, and zeros elsewhere. */
  readonly numBlocks?: number;
  /** How a node joins what it hears by one relation; relations are added. Default `mean`. */
  readonly aggr?: 'mean' | 'add' | 'max';
  /** Adds a linear map of the node's own features. Default true. */
  readonly rootWeight?: boolean;
}

/**
 * Features of the nodes: float32 [nodes, inChannels]; or int32 [nodes], rows of the weights, which then are the nodes' embeddings;
 * or null for node i at row i.
 */
export type RelationalFeatures = tf.Tensor | null;

/**
 * Relational graph convolution (Schlichtkrull et al. 2017, arXiv:1703.06103): a matrix for each relation. What the reference also
 * calls FastRGCNConv. There is no tensor of a matrix, nor without features of a vector, for each edge: rows are summed by
 * pairs of relation and node first, and multiplied by a relation's matrix together; or, with bases, multiplied by the
 * bases and summed with the relation's weights.
 */
export class RGCNConv extends Module {
  /** [relations, in, out]; [bases, in, out]; or [relations, blocks, in / blocks, out / blocks]. */
  readonly weight: Parameter;
  /** [relations, bases] */
  readonly comp: Parameter | null;
  /** [in, out] */
  readonly root: Parameter | null;
  readonly bias: Parameter | null;
  readonly numBlocks: number | null;
  readonly aggr: 'mean' | 'add' | 'max';

  /**
   * @param inChannels without features the number of nodes; a bipartite graph has [that of the sources, that of the destinations]
   * @throws InvalidArgumentError for both decompositions at once, or channels that do not divide into the blocks
   */
  constructor(
    readonly inChannels: number | readonly [number, number],
    readonly outChannels: number,
    readonly numRelations: number,
    options: RGCNConvOptions = {},
  ) {
    super();
    const { numBases, numBlocks, aggr = 'mean', rootWeight = true, bias = true, ...random } = options;
    const [width, rootWidth] = typeof inChannels === 'number' ? [inChannels, inChannels] : inChannels;
    check(
      numBases === undefined || numBlocks === undefined,
      'RGCNConv: numBases and numBlocks are two ways to decompose the weights; take one',
    );
    check(
      numBlocks === undefined || (width % numBlocks === 0 && outChannels % numBlocks === 0),
      () => `RGCNConv: ${width} and ${outChannels} channels do not divide into ${numBlocks} blocks`,
    );
    this.weight =
      numBlocks === undefined
        ? glorot([numBases ?? numRelations, width, outChannels], random)
        : glorot([numRelations, numBlocks, width / numBlocks, outChannels / numBlocks], random);
    this.comp = numBases === undefined ? null : glorot([numRelations, numBases], random);
    this.root = rootWeight ? glorot([rootWidth, outChannels], random) : null;
    this.bias = bias ? zeroBias(outChannels) : null;
    this.numBlocks = numBlocks ?? null;
    this.aggr = aggr;
  }

  /**
   * @param x see {@link RelationalFeatures}; a bipartite graph has a pair
   * @returns float32 [destinations, outChannels]
   */
  forward(x: RelationalFeatures | readonly [RelationalFeatures, RelationalFeatures], edges: TypedEdges): tf.Tensor {
    const [xSource, xDestination] = x === null || x instanceof tf.Tensor ? [x, x] : x;
    const [width, rootWidth] =
      typeof this.inChannels === 'number' ? [this.inChannels, this.inChannels] : this.inChannels;
    checkRelational(xSource, edges.edges.sources, width);
    if (this.root !== null) checkRelational(xDestination, edges.edges.destinations, rootWidth);
    check(
      edges.relations === this.numRelations,
      () => `RGCNConv: made for ${this.numRelations} relations, the edges have ${edges.relations}`,
    );
    return scope(() => {
      const terms = [
        isEmbedding(xSource) ? this.#ofTables(xSource, edges) : this.#ofFeatures(xSource, edges),
        ...(this.root === null ? [] : [rootOf(xDestination, this.root.value)]),
        ...(this.bias === null ? [] : [this.bias.value]),
      ];
      return terms.reduce((sum, term) => tf.add(sum, term));
    });
  }

  #ofFeatures(x: tf.Tensor, edges: TypedEdges): tf.Tensor {
    const [bases, inputs, outputs] = this.weight.shape as [number, number, number];
    const pairs = edges.destinations.pairs.size;
    // whichever makes the smaller tensors
    if (this.comp !== null && this.aggr !== 'max' && x.shape[0]! * bases * outputs <= pairs * (inputs + outputs)) {
      const maps = tf.reshape(tf.transpose(this.weight.value, [1, 0, 2]), [inputs, bases * outputs]);
      return this.#mixed(tf.reshape(tf.matMul(x, maps), [x.shape[0]!, bases, outputs]), edges);
    }
    const { nodes, sizes } = edges.destinations;
    return functional.segmentSum(groupedProduct(this.#perPair(x, edges), this.#weights(), sizes), nodes);
  }

  #ofTables(x: tf.Tensor | null, edges: TypedEdges): tf.Tensor {
    check(this.numBlocks === null, 'RGCNConv: block-diagonal weights need features of the nodes');
    const rows = (tables: tf.Tensor): tf.Tensor => (x === null ? tables : tf.gather(tables, x, 1));
    if (this.comp !== null && this.aggr !== 'max') {
      return this.#mixed(tf.transpose(rows(this.weight.value), [1, 0, 2]), edges);
    }
    const tables = tf.reshape(rows(this.#weights()), [-1, this.outChannels]);
    if (this.aggr !== 'max') return functional.spmm(edges.fromTables, this.#edgeWeight(edges), tables);
    const messages = functional.segmentGather(tables, edges.fromTables.outgoing);
    const { pairs, nodes } = edges.destinations;
    return functional.segmentSum(functional.segmentMax(messages, pairs), nodes);
  }

  /** Of the sources' products with the bases, [sources, bases, out]. */
  #mixed(products: tf.Tensor, edges: TypedEdges): tf.Tensor {
    const mixture = functional.segmentGather(this.comp!.value, edges.byType);
    const weight = this.#edgeWeight(edges);
    const scaled = weight === null ? mixture : tf.mul(mixture, tf.expandDims(weight, 1));
    return tf.sum(functional.spmm(edges.edges.adjacency, scaled, products), 1);
  }

  /** What each pair of relation and node hears: [pairs, in]. */
  #perPair(x: tf.Tensor, edges: TypedEdges): tf.Tensor {
    if (this.aggr !== 'max') return functional.spmm(edges.toPairs, this.#edgeWeight(edges), x);
    return functional.segmentMax(functional.segmentGather(x, edges.toPairs.outgoing), edges.destinations.pairs);
  }

  #edgeWeight(edges: TypedEdges): tf.Tensor | null {
    return this.aggr === 'mean' ? edges.meanWeight : null;
  }

  /** [relations, …], mixed of the bases where there are any. */
  #weights(): tf.Tensor {
    return mixBases(this.comp, this.weight);
  }
}

/** Every relation's mixture of the bases, [relations, in, out]; without a mixture the weights themselves. */
export function mixBases(mixture: Parameter | null, bases: Parameter): tf.Tensor {
  if (mixture === null) return bases.value;
  const [count, inputs, outputs] = bases.shape as [number, number, number];
  const mixed = tf.matMul(mixture.value, tf.reshape(bases.value, [count, inputs * outputs]));
  return tf.reshape(mixed, [mixture.shape[0]!, inputs, outputs]);
}

/** Whether the weights' rows are the nodes' embeddings. */
function isEmbedding(x: RelationalFeatures): x is tf.Tensor1D | null {
  return x === null || (x.dtype === 'int32' && x.rank === 1);
}

function rootOf(x: RelationalFeatures, root: tf.Tensor): tf.Tensor {
  if (x === null) return root;
  return isEmbedding(x) ? tf.gather(root, x) : tf.matMul(x, root);
}

function checkRelational(x: RelationalFeatures, nodes: number, width: number): void {
  if (x === null) {
    check(nodes === width, () => `RGCNConv: made for ${width} nodes without features, the graph has ${nodes}`);
  } else if (isEmbedding(x)) {
    check(x.shape[0] === nodes, () => `RGCNConv: needs a row's number for each of ${nodes} nodes, got ${x.shape[0]}`);
  } else {
    checkFeatures('RGCNConv', x, nodes, width);
  }
}
