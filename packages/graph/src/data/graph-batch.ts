import * as tf from '@tensorflow/tfjs-core';
import { check, functional } from '@hourglass/core';
import { GraphData, type GraphFields } from './graph.js';
import { labelsTensor, type GraphTensors } from './graph-tensors.js';
import { joined, stackRows, takeRows, type DenseRows, type Rows } from './rows.js';

/** A batch on the device. `y` is the graphs' where graphs are labelled: classes [graphs], or targets [graphs, width]. */
export interface BatchTensors extends GraphTensors {
  /** Which graph each node belongs to. */
  readonly graphs: functional.Segments;
}

/**
 * Several graphs as one that is not connected: the nodes of the first, then those of the second, and so on. Layers see one graph,
 * and `graphs` says for pooling which nodes belong together.
 */
export class GraphBatch {
  /** All nodes and edges; without labels where those are of graphs. */
  readonly union: GraphData;
  /** [numGraphs + 1]: graph g has the nodes nodePointer[g] … nodePointer[g + 1] - 1. */
  readonly nodePointer: Int32Array;
  /** [numGraphs + 1], the same for edges. */
  readonly edgePointer: Int32Array;
  /** Labels of the graphs: classes [numGraphs], or a row of targets for each. Null where nodes are labelled, or nothing is. */
  readonly y: Int32Array | DenseRows | null;
  readonly numClasses: number;
  readonly #classNames: readonly string[] | null;
  #tensors: BatchTensors | null = null;

  /** @throws InvalidArgumentError when some graphs have features, weights, labels … and others have not, or of another width */
  constructor(graphs: readonly GraphData[]) {
    this.nodePointer = sums(graphs.map(({ numNodes }) => numNodes));
    this.edgePointer = sums(graphs.map(({ numEdges }) => numEdges));
    const yOf = graphs[0]?.yOf ?? 'nodes';
    check(
      graphs.every((graph) => graph.yOf === yOf),
      'some graphs have labels of their nodes, others of the graph; make two batches',
    );
    const labels = labelsOf(graphs);
    this.y = yOf === 'graph' ? labels : null;
    this.numClasses = graphs.reduce((most, { numClasses }) => Math.max(most, numClasses), 0);
    this.#classNames = graphs[0]?.classNames ?? null;
    this.union = unionOf(graphs, this.nodePointer, yOf === 'nodes' ? labels : null);
  }

  get numGraphs(): number {
    return this.nodePointer.length - 1;
  }

  /** The graph that each node belongs to. */
  get graphOf(): Int32Array {
    const ids = new Int32Array(this.union.numNodes);
    for (let g = 0; g < this.numGraphs; g++) ids.fill(g, this.nodePointer[g]!, this.nodePointer[g + 1]!);
    return ids;
  }

  /** The graphs that the batch was made of. */
  toGraphs(): GraphData[] {
    return Array.from({ length: this.numGraphs }, (_, g) => this.#graph(g));
  }

  /** The batch on the device: made once, freed by {@link dispose}. */
  tensors(): BatchTensors {
    if (this.#tensors === null) {
      const y = this.y === null ? null : tf.keep(labelsTensor(this.y, this.numGraphs));
      const tensors = this.union.tensors();
      const graphs = new functional.Segments(this.graphOf, this.numGraphs);
      this.#tensors = { ...tensors, y: y ?? tensors.y, graphs };
    }
    return this.#tensors;
  }

  /** Frees the tensors; they can be asked for again. */
  dispose(): void {
    if (this.#tensors === null) return;
    const { y, graphs } = this.#tensors;
    if (this.y !== null) y?.dispose();
    graphs.dispose();
    this.union.dispose();
    this.#tensors = null;
  }

  #graph(g: number): GraphData {
    const { union, y } = this;
    const [first, last] = [this.nodePointer[g]!, this.nodePointer[g + 1]!];
    const nodes = Int32Array.from({ length: last - first }, (_, i) => first + i);
    const [from, to] = [this.edgePointer[g]!, this.edgePointer[g + 1]!];
    const edges = Int32Array.from({ length: to - from }, (_, i) => from + i);
    const { edgeIndex, x, edgeAttr, edgeWeight, edgeType, pos, nodeNames } = union;
    const own = y ?? union.y;
    const picked = y === null ? nodes : [g];
    return new GraphData({
      numNodes: nodes.length,
      edgeIndex: [edgeIndex[0], edgeIndex[1]].map((ends) => ends.slice(from, to).map((node) => node - first)) as [
        Int32Array,
        Int32Array,
      ],
      x: x && takeRows(x, nodes),
      edgeAttr: edgeAttr && takeRows(edgeAttr, edges),
      edgeWeight: edgeWeight && edgeWeight.slice(from, to),
      edgeType: edgeType && edgeType.slice(from, to),
      numRelations: union.numRelations,
      y: own && (own instanceof Int32Array ? Int32Array.from(picked, (i) => own[i]!) : takeRows(own, picked)),
      yOf: y === null ? 'nodes' : 'graph',
      numClasses: this.numClasses,
      trainMask: union.trainMask && union.trainMask.slice(first, last),
      valMask: union.valMask && union.valMask.slice(first, last),
      testMask: union.testMask && union.testMask.slice(first, last),
      pos: pos && takeRows(pos, nodes),
      nodeNames: nodeNames && nodeNames.slice(first, last),
      relationNames: union.relationNames,
      classNames: this.#classNames,
    });
  }
}

/** 0, then the sum of the first, of the first two, … */
function sums(counts: readonly number[]): Int32Array {
  const pointer = new Int32Array(counts.length + 1);
  counts.forEach((count, i) => (pointer[i + 1] = pointer[i]! + count));
  return pointer;
}

/** What all graphs have, or null when none has it. */
function inAll<T>(what: string, graphs: readonly GraphData[], get: (graph: GraphData) => T | null): T[] | null {
  const values = graphs.map(get).filter((value) => value !== null);
  check(
    values.length === 0 || values.length === graphs.length,
    () => `${what}: ${values.length} of ${graphs.length} graphs have it; all must, or none`,
  );
  return values.length === 0 ? null : values;
}

function rowsOfAll(what: string, graphs: readonly GraphData[], get: (graph: GraphData) => Rows | null): Rows | null {
  const parts = inAll(what, graphs, get);
  return parts && stackRows(what, parts);
}

function labelsOf(graphs: readonly GraphData[]): Int32Array | DenseRows | null {
  const labels = inAll('y', graphs, ({ y }) => y);
  if (labels === null) return null;
  const classes = labels.filter((y) => y instanceof Int32Array);
  if (classes.length === labels.length) return joined(Int32Array, classes);
  const targets = labels.filter((y): y is DenseRows => !(y instanceof Int32Array));
  check(targets.length === labels.length, 'y: some graphs have classes, others targets');
  return stackRows('y', targets) as DenseRows;
}

function unionOf(graphs: readonly GraphData[], pointer: Int32Array, y: GraphFields['y']): GraphData {
  const ends = (side: 0 | 1): Int32Array =>
    joined(
      Int32Array,
      graphs.map(({ edgeIndex }, g) => edgeIndex[side].map((node) => node + pointer[g]!)),
    );
  const weights = inAll('edgeWeight', graphs, ({ edgeWeight }) => edgeWeight);
  const types = inAll('edgeType', graphs, ({ edgeType }) => edgeType);
  const mask = (name: 'trainMask' | 'valMask' | 'testMask'): Uint8Array | null => {
    const masks = inAll(name, graphs, (graph) => graph[name]);
    return masks && joined(Uint8Array, masks);
  };
  return new GraphData({
    numNodes: pointer.at(-1)!,
    edgeIndex: [ends(0), ends(1)],
    x: rowsOfAll('x', graphs, ({ x }) => x),
    edgeAttr: rowsOfAll('edgeAttr', graphs, ({ edgeAttr }) => edgeAttr),
    edgeWeight: weights && joined(Float32Array, weights),
    edgeType: types && joined(Int32Array, types),
    numRelations: graphs.reduce((most, { numRelations }) => Math.max(most, numRelations), 0),
    y: y ?? null,
    ...(y == null ? {} : { numClasses: graphs.reduce((most, { numClasses }) => Math.max(most, numClasses), 0) }),
    ...(y == null ? {} : { classNames: graphs[0]?.classNames ?? null }),
    trainMask: mask('trainMask'),
    valMask: mask('valMask'),
    testMask: mask('testMask'),
    pos: rowsOfAll('pos', graphs, ({ pos }) => pos),
    nodeNames: inAll('nodeNames', graphs, ({ nodeNames }) => nodeNames)?.flat() ?? null,
    relationNames: graphs[0]?.relationNames ?? null,
  });
}
