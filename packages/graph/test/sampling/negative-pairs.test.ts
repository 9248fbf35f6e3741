import { Generator } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { EdgeIndex, sampleNegativePairs } from '@hourglass/graph';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(() => useTestBackend('wasm'));

describe('negative pairs', () => {
  const source = [0, 1, 2, 3];
  const destination = [1, 2, 3, 0];

  it('are every pair that is no edge, equally often', () => {
    const edges = new EdgeIndex([source, destination], 4);
    const counts = new Map<string, number>();
    const [from, to] = sampleNegativePairs(edges, 8000, { generator: new Generator(1) });
    from.forEach((u, p) => counts.set(`${u} ${to[p]}`, (counts.get(`${u} ${to[p]}`) ?? 0) + 1));
    expect([...counts.keys()].sort()).toEqual(['0 2', '0 3', '1 0', '1 3', '2 0', '2 1', '3 1', '3 2']);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
    edges.dispose();
  });

  it('of an undirected graph are no edge in either direction, and none comes twice', () => {
    const edges = new EdgeIndex([source, destination], 4);
    const [from, to] = sampleNegativePairs(edges, 2, { undirected: true, distinct: true, generator: new Generator(1) });
    const names = Array.from(from, (u, p) => [u, to[p]!].sort().join(' '));
    expect(names.sort()).toEqual(['0 2', '1 3']);
    expect(() => sampleNegativePairs(edges, 3, { undirected: true, distinct: true })).toThrow('only 2 of 3 pairs');
    edges.dispose();
  });
});
