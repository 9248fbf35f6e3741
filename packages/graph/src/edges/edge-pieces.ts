import { check } from '@hourglass/core';
import { EdgeIndex } from './edge-index.js';

/**
 * The same edges in lists of at most so many, in their order: for layers whose messages do not fit into memory all at once. Kept
 * with the edges; a list that is short enough is its own only piece.
 */
export function edgePieces(edges: EdgeIndex, most: number): readonly EdgeIndex[] {
  check(Number.isInteger(most) && most > 0, () => `edgePieces: pieces of ${most} edges`);
  if (edges.edges <= most) return [edges];
  return edges.derived(`pieces of ${most}`, () => {
    const pieces = Array.from({ length: Math.ceil(edges.edges / most) }, (_, i) => {
      const part = (ends: Int32Array): Int32Array => ends.slice(i * most, (i + 1) * most);
      return new EdgeIndex([part(edges.source), part(edges.destination)], [edges.sources, edges.destinations]);
    });
    return { pieces, dispose: () => pieces.forEach((piece) => piece.dispose()) };
  }).pieces;
}
