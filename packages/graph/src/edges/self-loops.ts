import { DerivedEdges } from './derived-edges.js';
import type { EdgeIndex } from './edge-index.js';

/** Without edges from a node to itself. */
export function removeSelfLoops(edges: EdgeIndex): DerivedEdges {
  return edges.derived('without self loops', () => rewire(edges, kept(edges, false), new Int32Array()));
}

/** One more self loop for each node; those that are there stay. */
export function addSelfLoops(edges: EdgeIndex): DerivedEdges {
  return edges.derived('one more self loop', () => rewire(edges, kept(edges, true), newLoops(edges)));
}

/** One self loop for each node, new, after the other edges; those that were there are left out. */
export function replaceSelfLoops(edges: EdgeIndex): DerivedEdges {
  return edges.derived('new self loops', () => rewire(edges, kept(edges, false), newLoops(edges)));
}

/** One self loop for each node, after the other edges. A node's own loop (the last, when it has several) keeps its values. */
export function addRemainingSelfLoops(edges: EdgeIndex): DerivedEdges {
  return edges.derived('remaining self loops', () => withOneLoopEach(edges));
}

function withOneLoopEach(edges: EdgeIndex): DerivedEdges {
  const loops = newLoops(edges);
  const { source, destination } = edges;
  for (let e = 0; e < edges.edges; e++) {
    if (source[e] === destination[e] && source[e]! < loops.length) loops[source[e]!] = e;
  }
  return rewire(edges, kept(edges, false), loops);
}

/** Numbers of the edges that stay. */
function kept(edges: EdgeIndex, loops: boolean): Int32Array {
  const { source, destination } = edges;
  const numbers = new Int32Array(edges.edges);
  let count = 0;
  for (let e = 0; e < numbers.length; e++) if (loops || source[e] !== destination[e]) numbers[count++] = e;
  return numbers.subarray(0, count);
}

/** Origins of a new loop for each node that is on both sides. */
function newLoops({ edges, sources, destinations }: EdgeIndex): Int32Array {
  return Int32Array.from({ length: Math.min(sources, destinations) }, (_, node) => edges + node);
}

function rewire(edges: EdgeIndex, stay: Int32Array, loops: Int32Array): DerivedEdges {
  const ends = (of: Int32Array): Int32Array => {
    const list = new Int32Array(stay.length + loops.length);
    for (let e = 0; e < stay.length; e++) list[e] = of[stay[e]!]!;
    for (let node = 0; node < loops.length; node++) list[stay.length + node] = node;
    return list;
  };
  const origin = new Int32Array(stay.length + loops.length);
  origin.set(stay);
  origin.set(loops, stay.length);
  return new DerivedEdges(edges, {
    source: ends(edges.source),
    destination: ends(edges.destination),
    origin,
    added: loops.length,
  });
}
