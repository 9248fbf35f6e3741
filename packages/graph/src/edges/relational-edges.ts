import type { Triples } from '../data/triples.js';
import { EdgeIndex } from './edge-index.js';
import { TypedEdges } from './typed-edges.js';

/** Typed edges that own the list that they are made of: both are freed together. */
class OwningTypedEdges extends TypedEdges {
  override dispose(): void {
    super.dispose();
    this.edges.dispose();
  }
}

/**
 * The edges of a knowledge graph: each triple as an edge from head to tail of its relation's type, and, as messages have to go both
 * ways, one back of type relation + numRelations. There are 2 · numRelations types.
 *
 * @throws InvalidArgumentError when a triple names what is not there
 */
export function relationalEdges(triples: Triples, numNodes: number, numRelations: number): TypedEdges {
  const { head, relation, tail } = triples;
  const both = (a: Int32Array, b: Int32Array): Int32Array => {
    const list = new Int32Array(a.length + b.length);
    list.set(a);
    list.set(b, a.length);
    return list;
  };
  const edges = new EdgeIndex([both(head, tail), both(tail, head)], numNodes);
  const back = relation.map((type) => type + numRelations);
  return new OwningTypedEdges(edges, both(relation, back), 2 * numRelations);
}
