import { Generator } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { EdgeIndex, maskEdges } from '@hourglass/graph';
import { beforeAll, describe, expect, it } from 'vitest';
import { communities } from '../generated.js';

beforeAll(() => useTestBackend('wasm'));

describe('masks of edges', () => {
  it('hide both directions of a link, as many as they say', () => {
    const graph = communities({ nodes: 80 });
    const edges = new EdgeIndex(graph.edgeIndex, graph.numNodes);
    const { visible, hidden } = maskEdges(edges, 0.3, new Generator(1));
    expect(visible[0].length + hidden[0].length).toBe(edges.edges);
    expect(hidden[0].length / edges.edges).toBeGreaterThan(0.25);
    expect(hidden[0].length / edges.edges).toBeLessThan(0.35);
    const names = ([from, to]: readonly [Int32Array, Int32Array]): Set<string> =>
      new Set(Array.from(from, (u, e) => `${u} ${to[e]}`));
    const [seen, unseen] = [names(visible), names(hidden)];
    for (const name of unseen) {
      const [u, v] = name.split(' ');
      expect(unseen.has(`${v} ${u}`)).toBe(true);
      expect(seen.has(name)).toBe(false);
    }
    edges.dispose();
  });

  it('hide something of the smallest graph, and nothing of none', () => {
    const pair = new EdgeIndex([[0], [1]], 2);
    expect(maskEdges(pair, 0.01, new Generator(1)).hidden[0]).toHaveLength(1);
    const none = new EdgeIndex([[], []], 2);
    expect(maskEdges(none, 0.5).hidden[0]).toHaveLength(0);
    expect(() => maskEdges(pair, 1)).toThrow('between 0 and 1');
    pair.dispose();
    none.dispose();
  });
});
