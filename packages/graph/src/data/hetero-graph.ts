import * as tf from '@tensorflow/tfjs-core';
import { check } from '@hourglass/core';
import { EdgeIndex } from '../edges/index.js';
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
import { GraphData } from './graph.js';
import { checkedRows, denseRows, joined, rowsTensor, type DenseRows, type Rows, type RowsLike } from './rows.js';

/** Type of the source, relation, type of the destination. */
export type EdgeType = readonly [source: string, relation: string, destination: string];

/** `author__writes__paper`: how PyTorch Geometric's checkpoints name an edge type. */
export function edgeTypeName(type: EdgeType): string {
  return type.join('__');
}

export interface NodesOfType {
  readonly numNodes: number;
  readonly x?: RowsLike | null;
  /** Classes; -1 for none. */
  readonly y?: NumberList | null;
  readonly numClasses?: number;
  readonly trainMask?: MaskLike | null;
  readonly valMask?: MaskLike | null;
  readonly testMask?: MaskLike | null;
  readonly names?: readonly string[] | null;
}

export interface EdgesOfType {
  readonly type: EdgeType;
  /** Source ids count nodes of the source's type, destination ids those of the destination's. */
  readonly edgeIndex: readonly [NumberList, NumberList];
  readonly edgeAttr?: RowsLike | null;
  readonly edgeWeight?: NumberList | null;
}

interface CheckedNodes {
  readonly numNodes: number;
  readonly x: Rows | null;
  readonly y: Int32Array | null;
  readonly numClasses: number;
  readonly trainMask: Uint8Array | null;
  readonly valMask: Uint8Array | null;
  readonly testMask: Uint8Array | null;
  readonly names: readonly string[] | null;
}

interface CheckedEdges {
  readonly type: EdgeType;
  readonly edgeIndex: readonly [Int32Array, Int32Array];
  readonly edgeAttr: DenseRows | null;
  readonly edgeWeight: Float32Array | null;
}

/** On the device, by type of node and by {@link edgeTypeName}. */
export interface HeteroTensors {
  readonly x: Readonly<Record<string, tf.Tensor2D>>;
  readonly y: Readonly<Record<string, tf.Tensor1D>>;
  readonly edges: Readonly<Record<string, EdgeIndex>>;
  readonly edgeAttr: Readonly<Record<string, tf.Tensor2D>>;
  readonly edgeWeight: Readonly<Record<string, tf.Tensor1D>>;
}

/** A graph whose nodes and edges have types, each with features of its own. Plain arrays, checked once. */
export class HeteroGraph {
  readonly nodes: Readonly<Record<string, CheckedNodes>>;
  /** By {@link edgeTypeName}. */
  readonly edges: Readonly<Record<string, CheckedEdges>>;
  #tensors: HeteroTensors | null = null;

  /** @throws InvalidArgumentError for what {@link GraphData} refuses, for types that are not there, and for a type given twice */
  constructor(nodes: Readonly<Record<string, NodesOfType>>, edges: readonly EdgesOfType[]) {
    this.nodes = Object.fromEntries(Object.entries(nodes).map(([type, of]) => [type, checkedNodes(type, of)]));
    const checked = edges.map((of) => [edgeTypeName(of.type), checkedEdges(of, this.nodes)] as const);
    this.edges = Object.fromEntries(checked);
    checked.forEach(([name], i) => {
      const twice = checked.findIndex(([other]) => other === name) !== i;
      check(!twice, () => `edges of type ${name} are given twice; put them into one list`);
    });
  }

  get nodeTypes(): string[] {
    return Object.keys(this.nodes);
  }

  get edgeTypes(): EdgeType[] {
    return Object.values(this.edges).map(({ type }) => type);
  }

  /** Made once, freed by {@link dispose}. */
  tensors(): HeteroTensors {
    return (this.#tensors ??= makeTensors(this));
  }

  /** Frees the tensors; they can be asked for again. */
  dispose(): void {
    if (this.#tensors === null) return;
    const { edges, ...tensors } = this.#tensors;
    for (const index of Object.values(edges)) index.dispose();
    for (const byType of Object.values(tensors)) tf.dispose(byType);
    this.#tensors = null;
  }

  /**
   * One graph with the nodes of all types, one type after the other, and the type of each edge as its relation. Features stay when all
   * types have equally wide ones.
   */
  toHomogeneous(): {
    readonly graph: GraphData;
    readonly nodeType: Int32Array;
    readonly first: Readonly<Record<string, number>>;
  } {
    const first: Record<string, number> = {};
    let numNodes = 0;
    for (const [type, { numNodes: count }] of Object.entries(this.nodes)) {
      first[type] = numNodes;
      numNodes += count;
    }
    const nodeType = new Int32Array(numNodes);
    Object.entries(this.nodes).forEach(([type, { numNodes: count }], i) => {
      nodeType.fill(i, first[type]!, first[type]! + count);
    });
    const lists = Object.values(this.edges);
    const ends = (side: 0 | 1): Int32Array =>
      joined(
        Int32Array,
        lists.map(({ type, edgeIndex }) => edgeIndex[side].map((node) => node + first[type[side * 2]!]!)),
      );
    const types = lists.map(({ edgeIndex }, i) => new Int32Array(edgeIndex[0].length).fill(i));
    const rows = Object.values(this.nodes).map(({ x }) => x);
    const width = rows[0]?.width;
    const all = rows.filter((x) => x !== null && x.width === width);
    const graph = new GraphData({
      numNodes,
      edgeIndex: [ends(0), ends(1)],
      edgeType: joined(Int32Array, types),
      numRelations: lists.length,
      relationNames: Object.keys(this.edges),
      x:
        all.length === rows.length && width !== undefined
          ? {
              width,
              values: joined(
                Float32Array,
                all.map((x) => denseRows(x!).values),
              ),
            }
          : null,
    });
    return { graph, nodeType, first };
  }
}

function checkedNodes(type: string, of: NodesOfType): CheckedNodes {
  const { numNodes } = of;
  const at = (what: string): string => `${what} of '${type}'`;
  checkCount(at('numNodes'), numNodes);
  const mask = (what: 'trainMask' | 'valMask' | 'testMask'): Uint8Array | null =>
    of[what] == null ? null : checkedMask(at(what), of[what], numNodes);
  const y = of.y == null ? null : checkedClasses(at('y'), of.y, numNodes, -1, 'node');
  checkNames(at('names'), of.names ?? null, numNodes);
  return {
    numNodes,
    x: of.x == null ? null : checkedRows(at('x'), of.x, numNodes, 'node'),
    y,
    numClasses: classCount(at('classes'), y, of.numClasses),
    trainMask: mask('trainMask'),
    valMask: mask('valMask'),
    testMask: mask('testMask'),
    names: of.names ?? null,
  };
}

function checkedEdges(of: EdgesOfType, nodes: Readonly<Record<string, CheckedNodes>>): CheckedEdges {
  const { type } = of;
  const name = edgeTypeName(type);
  for (const end of [type[0], type[2]]) {
    check(
      Object.hasOwn(nodes, end),
      () => `edges ${name}: there are no nodes '${end}'; there are ${Object.keys(nodes).join(', ')}`,
    );
  }
  const edgeIndex = checkedEdgeIndex(`edgeIndex of ${name}`, of.edgeIndex, [
    nodes[type[0]]!.numNodes,
    nodes[type[2]]!.numNodes,
  ]);
  const count = edgeIndex[0].length;
  const { edgeAttr, edgeWeight } = of;
  return {
    type,
    edgeIndex,
    edgeAttr: edgeAttr == null ? null : denseRows(checkedRows(`edgeAttr of ${name}`, edgeAttr, count, 'edge')),
    edgeWeight: edgeWeight == null ? null : checkedWeights(`edgeWeight of ${name}`, edgeWeight, count),
  };
}

function makeTensors({ nodes, edges }: HeteroGraph): HeteroTensors {
  const each = <Of, T>(all: Readonly<Record<string, Of>>, make: (of: Of) => T | null): Record<string, T> => {
    const made = Object.entries(all).flatMap(([type, of]) => {
      const value = make(of);
      return value === null ? [] : [[type, value] as const];
    });
    return Object.fromEntries(made);
  };
  return {
    x: each(nodes, ({ x, numNodes }) => x && tf.keep(rowsTensor(x, numNodes))),
    y: each(nodes, ({ y }) => y && tf.keep(tf.tensor1d(y, 'int32'))),
    edges: each(
      edges,
      ({ type, edgeIndex }) => new EdgeIndex(edgeIndex, [nodes[type[0]]!.numNodes, nodes[type[2]]!.numNodes]),
    ),
    edgeAttr: each(edges, ({ edgeAttr, edgeIndex }) => edgeAttr && tf.keep(rowsTensor(edgeAttr, edgeIndex[0].length))),
    edgeWeight: each(edges, ({ edgeWeight }) => edgeWeight && tf.keep(tf.tensor1d(edgeWeight))),
  };
}
