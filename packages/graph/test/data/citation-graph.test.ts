import { expect, it } from 'vitest';
import { citationGraph } from '@hourglass/graph';

it('a citation-like graph is as homophilous, dense and labelled as was asked for', () => {
  const graph = citationGraph({ nodes: 500, classes: 4, averageDegree: 6, homophily: 0.7, seed: 3 });
  const { nodes, edges, undirected, features, classes, train, val, test } = graph.summary();
  expect({ nodes, edges, undirected, features, classes, train, val, test }).toEqual({
    nodes: 500,
    edges: 3000,
    undirected: true,
    features: 200,
    classes: 4,
    train: 80,
    val: 100,
    test: 300,
  });
  const [source, destination] = graph.edgeIndex;
  const y = graph.y as Int32Array;
  const same = source.filter((node, e) => y[node] === y[destination[e]!]).length / source.length;
  expect(same).toBeGreaterThan(0.65);
  expect(same).toBeLessThan(0.75);
  const pairs = new Set(Array.from(source, (node, e) => `${node} ${destination[e]}`));
  expect(pairs.size).toBe(3000);
  expect(source.every((node, e) => node !== destination[e])).toBe(true);
  const degrees = new Int32Array(500);
  for (const node of source) degrees[node]!++;
  expect(Math.max(...degrees)).toBeGreaterThan(3 * 6);
});

it('words tell the class apart, and each row sums to 1', () => {
  const graph = citationGraph({ nodes: 500, classes: 4, topicShare: 0.5, seed: 1 });
  const { width, values } = graph.x as { width: number; values: Float32Array };
  const y = graph.y as Int32Array;
  let typical = 0;
  for (let node = 0; node < 500; node++) {
    const row = values.subarray(node * width, (node + 1) * width);
    expect(row.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
    const own = row.subarray((y[node]! * width) / 4, ((y[node]! + 1) * width) / 4);
    typical += own.reduce((sum, share) => sum + share, 0) / 500;
  }
  // half of the words, and a quarter of the other half
  expect(typical).toBeGreaterThan(0.55);
  expect(typical).toBeLessThan(0.7);
});

it('is the same for the same seed, and another one for another', () => {
  const [one, same, other] = [1, 1, 2].map((seed) => citationGraph({ seed }));
  expect(same!.edgeIndex).toEqual(one!.edgeIndex);
  expect(same!.x).toEqual(one!.x);
  expect(other!.edgeIndex).not.toEqual(one!.edgeIndex);
});

it.each([
  [{ nodes: 100 }, /100 nodes are too few for 20 labelled of each of 5 classes, 100 to validate and 300 to test/],
  [{ nodes: 10, classes: 1, averageDegree: 20, trainPerClass: 1, validation: 1, test: 1 }, /no place for 100 edges/],
  [{ homophily: 2 }, /homophily is a share between 0 and 1, got 2/],
  [{ words: 3 }, /3 words are too few for 5 classes/],
])('says what is wrong with %o', (options, message) => {
  expect(() => citationGraph(options)).toThrow(message);
});
