import { check } from '@hourglass/core';
import {
  checkCount,
  checkNames,
  checkedClasses,
  checkedEdgeIndex,
  checkedMask,
  checkedWeights,
  classCount,
  type MaskLike,
  type NumberList,
} from './checks.js';
import { TypedEdges } from '../edges/index.js';
import { edgeFacts, type EdgeFacts } from './edge-order.js';
import { disposeGraphTensors, makeGraphTensors, type GraphTensors } from './graph-tensors.js';
import { checkedRows, denseRows, type DenseRows, type Rows, type RowsLike } from './rows.js';

/** What a graph is made of. Typed arrays are taken over, not copied; do not write to them afterwards. */
export interface GraphFields {
  /** Nodes are 0 … numNodes - 1. None at all is a graph too, and so are nodes without edges. */
  readonly numNodes: number;
  /** [sources, destinations]: edge e leads from the one to the other. Several edges between the same nodes are several edges. */
  readonly edgeIndex: readonly [NumberList, NumberList];
  /** Features of the nodes. */
  readonly x?: RowsLike | null;
  /** Attributes of the edges. */
  readonly edgeAttr?: RowsLike | null;
  /** A weight for each edge. */
  readonly edgeWeight?: NumberList | null;
  /** A relation for each edge, from 0 on. */
  readonly edgeType?: NumberList | null;
  readonly numRelations?: number;
  /** Classes from 0 on (an Int32Array or a list of whole numbers; -1 for none), or targets (rows of numbers). */
  readonly y?: NumberList | RowsLike | null;
  /** Whether `y` is of each node (default) or of the whole graph, with one class or one row. */
  readonly yOf?: 'nodes' | 'graph';
  readonly numClasses?: number;
  readonly trainMask?: MaskLike | null;
  readonly valMask?: MaskLike | null;
  readonly testMask?: MaskLike | null;
  /** Positions of the nodes. */
  readonly pos?: RowsLike | null;
  readonly nodeNames?: readonly string[] | null;
  /** What the columns of x are. */
  readonly featureNames?: readonly string[] | null;
  readonly relationNames?: readonly string[] | null;
  readonly classNames?: readonly string[] | null;
  /** Says that every edge has its reverse, and is checked. An undirected edge is two edges, as everywhere in this package. */
  readonly undirected?: boolean;
}

/** What a graph is like, for people. */
export interface GraphSummary extends Omit<EdgeFacts, 'exampleWithoutReverse'> {
  readonly nodes: number;
  readonly edges: number;
  readonly undirected: boolean;
  readonly features: number;
  readonly classes: number;
  readonly relations: number;
  readonly train: number;
  readonly val: number;
  readonly test: number;
}

/**
 * A graph as plain arrays, checked once. It is not changed afterwards: {@link GraphData.with} makes another one. Tensors are made
 * when they are first asked for and live until `dispose`.
 */
export class GraphData {
  readonly numNodes: number;
  readonly edgeIndex: readonly [Int32Array, Int32Array];
  readonly x: Rows | null;
  readonly edgeAttr: DenseRows | null;
  readonly edgeWeight: Float32Array | null;
  readonly edgeType: Int32Array | null;
  readonly numRelations: number;
  readonly y: Int32Array | DenseRows | null;
  readonly yOf: 'nodes' | 'graph';
  /** 0 where `y` holds no classes. */
  readonly numClasses: number;
  readonly trainMask: Uint8Array | null;
  readonly valMask: Uint8Array | null;
  readonly testMask: Uint8Array | null;
  readonly pos: DenseRows | null;
  readonly nodeNames: readonly string[] | null;
  readonly featureNames: readonly string[] | null;
  readonly relationNames: readonly string[] | null;
  readonly classNames: readonly string[] | null;
  #facts: EdgeFacts | null = null;
  #tensors: GraphTensors | null = null;

  /**
   * @throws InvalidArgumentError that says which edge, node or list is wrong: an end that is no node, negative or fractional ids,
   * NaN or infinite features, lists of a wrong length, an edge without reverse in an undirected graph
   */
  constructor(fields: GraphFields) {
    const { numNodes, x, edgeAttr, edgeWeight, edgeType, y, yOf = 'nodes', pos } = fields;
    checkCount('numNodes', numNodes);
    this.numNodes = numNodes;
    this.edgeIndex = checkedEdgeIndex('edgeIndex', fields.edgeIndex, [numNodes, numNodes]);
    const { numEdges } = this;
    this.x = x == null ? null : checkedRows('x', x, numNodes, 'node');
    this.edgeAttr = edgeAttr == null ? null : denseRows(checkedRows('edgeAttr', edgeAttr, numEdges, 'edge'));
    this.edgeWeight = edgeWeight == null ? null : checkedWeights('edgeWeight', edgeWeight, numEdges);
    this.edgeType = edgeType == null ? null : checkedClasses('edgeType', edgeType, numEdges, 0, 'edge');
    this.numRelations = classCount('relations', this.edgeType, fields.numRelations);
    this.yOf = yOf;
    const of = yOf === 'nodes' ? 'node' : 'graph';
    this.y = y == null ? null : checkedLabels(y, this.labelled, of);
    const classes = this.y instanceof Int32Array ? this.y : null;
    this.numClasses = classCount('classes', classes, fields.numClasses);
    this.trainMask = fields.trainMask == null ? null : checkedMask('trainMask', fields.trainMask, numNodes);
    this.valMask = fields.valMask == null ? null : checkedMask('valMask', fields.valMask, numNodes);
    this.testMask = fields.testMask == null ? null : checkedMask('testMask', fields.testMask, numNodes);
    this.pos = pos == null ? null : denseRows(checkedRows('pos', pos, numNodes, 'node'));
    this.nodeNames = fields.nodeNames ?? null;
    this.featureNames = fields.featureNames ?? null;
    this.relationNames = fields.relationNames ?? null;
    this.classNames = fields.classNames ?? null;
    checkNames('nodeNames', this.nodeNames, numNodes);
    checkNames('featureNames', this.featureNames, this.numFeatures);
    checkNames('relationNames', this.relationNames, this.numRelations);
    checkNames('classNames', this.classNames, this.numClasses);
    if (fields.undirected) this.#checkUndirected();
  }

  get numEdges(): number {
    return this.edgeIndex[0].length;
  }

  /** How many numbers each node has. */
  get numFeatures(): number {
    return this.x?.width ?? 0;
  }

  /** How many things `y` is of: nodes, or one graph. */
  get labelled(): number {
    return this.yOf === 'nodes' ? this.numNodes : 1;
  }

  /** A graph with other fields instead of some of these. Tensors are not shared. */
  with(changes: Partial<GraphFields>): GraphData {
    return new GraphData({ ...this.#fields(changes), ...changes });
  }

  /** Whether there are as many edges v → u as u → v, for all u and v. Weights are not looked at. */
  isUndirected(): boolean {
    return this.#edgeFacts().withoutReverse === 0;
  }

  summary(): GraphSummary {
    const { exampleWithoutReverse: _, ...facts } = this.#edgeFacts();
    const count = (mask: Uint8Array | null): number => mask?.reduce((sum, bit) => sum + bit, 0) ?? 0;
    return {
      nodes: this.numNodes,
      edges: this.numEdges,
      undirected: facts.withoutReverse === 0,
      ...facts,
      features: this.numFeatures,
      classes: this.numClasses,
      relations: this.numRelations,
      train: count(this.trainMask),
      val: count(this.valMask),
      test: count(this.testMask),
    };
  }

  /** The graph on the device: made once, freed by {@link dispose}. Sparse features are written out. */
  tensors(): GraphTensors {
    return (this.#tensors ??= makeGraphTensors(this));
  }

  /** The edges with their relations, as relational layers take them; null where edges have no types. Lives as long as the tensors. */
  typedEdges(): TypedEdges | null {
    const { edgeType, numRelations } = this;
    if (edgeType === null) return null;
    const { edges } = this.tensors();
    return edges.derived('typed edges', () => new TypedEdges(edges, edgeType, numRelations));
  }

  /** Frees the tensors; they can be asked for again. */
  dispose(): void {
    if (this.#tensors !== null) disposeGraphTensors(this.#tensors);
    this.#tensors = null;
  }

  /** What the new graph keeps: counts and names only where what they count stays. */
  #fields(changes: Partial<GraphFields>): GraphFields {
    const { numRelations, numClasses, relationNames, classNames } = this;
    const { numNodes, edgeIndex, x, edgeAttr, edgeWeight, edgeType, y, yOf, pos, nodeNames } = this;
    const { trainMask, valMask, testMask } = this;
    return {
      numNodes,
      edgeIndex,
      x,
      edgeAttr,
      edgeWeight,
      edgeType,
      y,
      yOf,
      pos,
      nodeNames,
      trainMask,
      valMask,
      testMask,
      ...(changes.edgeType === null ? {} : { numRelations, relationNames }),
      ...('x' in changes ? {} : { featureNames: this.featureNames }),
      ...('y' in changes ? {} : { numClasses, classNames }),
    };
  }

  #edgeFacts(): EdgeFacts {
    return (this.#facts ??= edgeFacts(...this.edgeIndex, this.numNodes));
  }

  #checkUndirected(): void {
    const { withoutReverse, exampleWithoutReverse: edge } = this.#edgeFacts();
    const [source, destination] = this.edgeIndex;
    check(
      withoutReverse === 0,
      () =>
        `the graph is said to be undirected, but ${withoutReverse} of ${this.numEdges} edges have no reverse, edge ${edge} ` +
        `(${source[edge]} → ${destination[edge]}) for one; toUndirectedGraph() adds them`,
    );
  }
}

function checkedLabels(y: NumberList | RowsLike, count: number, of: string): Int32Array | DenseRows {
  if (!('length' in y)) return denseRows(checkedRows('y', y, count, of));
  if (Array.isArray(y[0])) return denseRows(checkedRows('y', y as readonly (readonly number[])[], count, of));
  // floats are targets, even when they are whole
  if (y instanceof Float32Array || y instanceof Float64Array) {
    return denseRows(checkedRows('y', { width: 1, values: Float32Array.from(y) }, count, of));
  }
  return checkedClasses('y', y as NumberList, count, -1, of);
}
