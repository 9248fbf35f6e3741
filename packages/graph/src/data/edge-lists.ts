import { edgeOrder } from './edge-order.js';

/** Both ends of some edges. */
export type EdgeEnds = readonly [Int32Array, Int32Array];

/** Numbers of the edges that stay when loops are left out and of several edges with the same ends the first is kept; by ends. */
export function distinctEdges([source, destination]: EdgeEnds, nodes: number, loops = false): Int32Array {
  const order = edgeOrder(source, destination, nodes);
  let count = 0;
  let last = -1;
  for (let i = 0; i < order.length; i++) {
    const edge = order[i]!;
    if (!loops && source[edge] === destination[edge]) continue;
    if (last >= 0 && source[last] === source[edge] && destination[last] === destination[edge]) continue;
    last = order[count++] = edge;
  }
  return order.slice(0, count);
}

/** These numbers' values. */
export function taken(values: Int32Array, numbers: Int32Array): Int32Array {
  const result = new Int32Array(numbers.length);
  for (let i = 0; i < result.length; i++) result[i] = values[numbers[i]!]!;
  return result;
}

/** Every edge in both directions, each once, without loops; sorted by source. */
export function bothDirections([source, destination]: EdgeEnds, nodes: number): EdgeEnds {
  const edges = source.length;
  const ends: EdgeEnds = [new Int32Array(2 * edges), new Int32Array(2 * edges)];
  ends[0].set(source);
  ends[0].set(destination, edges);
  ends[1].set(destination);
  ends[1].set(source, edges);
  const kept = distinctEdges(ends, nodes);
  return [taken(ends[0], kept), taken(ends[1], kept)];
}
