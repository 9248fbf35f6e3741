import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount, InvalidArgumentError, type Generator as RandomNumbers } from '@hourglass/core';
import { removeSelfLoops, type EdgeIndex } from '../../edges/index.js';
import { edgeOrder } from '../edge-order.js';
import { smallestEigenpairs, type Eigenpairs } from './eigenpairs.js';

export interface LaplacianEncodingOptions {
  /** Weights of the edges, positive. Default: ones. */
  readonly weights?: ArrayLike<number> | null;
  /** Draws the sign of each column anew, as for augmentation in training. Default: no, see below. */
  readonly randomSigns?: RandomNumbers | null;
  /** How far an eigenpair may be from one, ‖L v - λ v‖. Default 1e-6. */
  readonly tolerance?: number;
}

/**
 * Laplacian positional encoding (Dwivedi et al. 2020, arXiv:2003.00982): eigenvectors number 2 to k + 1 of I - D^-1/2 A D^-1/2 by
 * ascending eigenvalue, of length 1. Loops do not count. The entry of largest magnitude is positive, of equal ones the first. A graph
 * of several components has several eigenvectors of eigenvalue 0: one for each component that has edges, the largest first.
 * Columns beyond the number of nodes are zeros. Of at most 100 nodes by a dense solver, otherwise by an iteration that needs no
 * matrix of all pairs.
 *
 * @param k how many eigenvectors
 * @returns float32 [nodes, k]
 * @throws InvalidArgumentError for a directed graph: `toUndirected` makes it undirected
 */
export function laplacianEncoding(edges: EdgeIndex, k: number, options: LaplacianEncodingOptions = {}): tf.Tensor2D {
  checkCount('laplacianEncoding: k', k);
  const { weights = null, randomSigns = null, tolerance = 1e-6 } = options;
  const { nodes } = edges;
  const { vectors } = laplacianEigenpairs(edges, Math.min(k + 1, nodes), { weights, tolerance });
  const values = new Float32Array(nodes * k);
  vectors.slice(1).forEach((vector, column) => {
    const sign = randomSigns !== null && randomSigns.uniform() < 0.5 ? -1 : 1;
    vector.forEach((value, node) => (values[node * k + column] = sign * value));
  });
  return tf.tensor2d(values, [nodes, k]);
}

/** Sparse symmetric matrix I - S, S given by rows. */
interface Operator {
  readonly pointer: Int32Array;
  readonly column: Int32Array;
  readonly entry: Float64Array;
}

/**
 * The smallest eigenvalues of I - D^-1/2 A D^-1/2 and their eigenvectors, as {@link laplacianEncoding} describes them.
 *
 * @param options.solver which to use. Default: `dense` up to 100 nodes.
 * @throws InvalidArgumentError for a directed graph, or when the iteration does not come within the tolerance
 */
export function laplacianEigenpairs(
  edges: EdgeIndex,
  count: number,
  options: Pick<LaplacianEncodingOptions, 'weights' | 'tolerance'> & { readonly solver?: 'dense' | 'iterative' } = {},
): Eigenpairs {
  const { nodes } = edges;
  check(
    Number.isInteger(count) && count >= 0 && count <= nodes,
    () => `laplacianEigenpairs: ${count} eigenvectors of a graph with ${nodes} nodes`,
  );
  const { weights = null, tolerance = 1e-6, solver = nodes <= 100 ? 'dense' : 'iterative' } = options;
  const { operator, rootDegree } = normalised(edges, weights);
  const known = nullVectors(operator, rootDegree).slice(0, count);
  const apply = (x: Float64Array): Float64Array => {
    const y = Float64Array.from(x);
    const { pointer, column, entry } = operator;
    for (let row = 0; row < nodes; row++) {
      let sum = 0;
      for (let place = pointer[row]!; place < pointer[row + 1]!; place++) sum += entry[place]! * x[column[place]!]!;
      y[row]! -= sum;
    }
    return y;
  };
  const rest = smallestEigenpairs(apply, nodes, count - known.length, { known, largest: 2, tolerance, solver });
  return {
    values: Float64Array.of(...known.map(() => 0), ...rest.values),
    vectors: [...known, ...rest.vectors].map(withSign),
  };
}

function normalised(
  edges: EdgeIndex,
  weights: ArrayLike<number> | null,
): { operator: Operator; rootDegree: Float64Array } {
  const { nodes } = edges;
  check(
    weights === null || weights.length === edges.edges,
    () => `laplacianEncoding: ${weights!.length} weights for ${edges.edges} edges`,
  );
  const bare = removeSelfLoops(edges);
  const { source, destination, incoming } = bare.edges;
  const weight = Float64Array.from(bare.origins.origin, (e) => (weights === null ? 1 : weights[e]!));
  for (const value of weight) check(value > 0, () => `laplacianEncoding: weights must be positive, got ${value}`);
  checkUndirected(bare.edges, weight);
  const degree = new Float64Array(nodes);
  destination.forEach((to, e) => (degree[to]! += weight[e]!));
  const { pointer, order } = incoming.values;
  const scale = degree.map((value) => (value === 0 ? 0 : 1 / Math.sqrt(value)));
  const entry = Float64Array.from(order, (e) => weight[e]! * scale[source[e]!]! * scale[destination[e]!]!);
  return {
    operator: { pointer, column: Int32Array.from(order, (e) => source[e]!), entry },
    rootDegree: degree.map(Math.sqrt),
  };
}

/** @throws InvalidArgumentError unless what leads from each node to another equals what leads back */
function checkUndirected({ source, destination, nodes }: EdgeIndex, weight: Float64Array): void {
  const back = totals(destination, source, weight, nodes);
  const fail = (from: number, to: number): never => {
    throw new InvalidArgumentError(
      `laplacianEncoding needs an undirected graph, but what leads from node ${from} to ${to} is not what leads back: ` +
        'make it undirected first, for example with toUndirected',
    );
  };
  // both in one order, so that the edges of an undirected graph and those turned round are one sequence
  for (const { from, to, total } of totals(source, destination, weight, nodes)) {
    const other = back.next().value;
    if (other === undefined || other.from !== from || other.to !== to || Math.abs(other.total - total) > 1e-6) {
      fail(from, to);
    }
  }
  const more = back.next().value;
  if (more !== undefined) fail(more.to, more.from);
}

interface Total {
  readonly from: number;
  readonly to: number;
  readonly total: number;
}

/** The pairs of ends in order, and the sum of the weights between them. */
function* totals(
  first: Int32Array,
  second: Int32Array,
  weight: Float64Array,
  nodes: number,
): Generator<Total, undefined> {
  const order = edgeOrder(first, second, nodes);
  for (let i = 0; i < order.length;) {
    const [from, to] = [first[order[i]!]!, second[order[i]!]!];
    let total = 0;
    while (i < order.length && first[order[i]!] === from && second[order[i]!] === to) total += weight[order[i++]!]!;
    yield { from, to, total };
  }
}

/** The eigenvectors of eigenvalue 0: for each component with edges the roots of its nodes' degrees, the largest component first. */
function nullVectors({ pointer, column }: Operator, rootDegree: Float64Array): Float64Array[] {
  const isSeen = new Uint8Array(rootDegree.length);
  const components: number[][] = [];
  for (let first = 0; first < isSeen.length; first++) {
    if (isSeen[first] === 1 || pointer[first] === pointer[first + 1]) continue;
    const members = [first];
    isSeen[first] = 1;
    for (let i = 0; i < members.length; i++) {
      const node = members[i]!;
      for (let place = pointer[node]!; place < pointer[node + 1]!; place++) {
        const other = column[place]!;
        if (isSeen[other] === 0) members.push(other);
        isSeen[other] = 1;
      }
    }
    components.push(members);
  }
  components.sort((a, b) => b.length - a.length || a[0]! - b[0]!);
  return components.map((members) => {
    const vector = new Float64Array(rootDegree.length);
    const length = Math.sqrt(members.reduce((sum, node) => sum + rootDegree[node]! ** 2, 0));
    for (const node of members) vector[node] = rootDegree[node]! / length;
    return vector;
  });
}

/** The vector or its negative: the entry of largest magnitude is positive, of about equal ones the first. */
function withSign(vector: Float64Array): Float64Array {
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const first = vector.find((value) => Math.abs(value) >= largest * (1 - 1e-4)) ?? 0;
  return first < 0 ? vector.map((value) => -value) : vector;
}
