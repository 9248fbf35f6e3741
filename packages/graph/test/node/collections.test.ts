import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { denseRows } from '@hourglass/graph';
import { openGraph, openGraphs } from '@hourglass/graph/node';
import { onData, put, temporaryFolder } from '../files.js';

const folder = temporaryFolder();

/** A path of three nodes and a pair. */
const files: Readonly<Record<string, string>> = {
  A: '1, 2\n2, 1\n2, 3\n3, 2\n4, 5\n5, 4\n5, 5\n4, 5\n',
  graph_indicator: '1\n1\n1\n2\n2\n',
  graph_labels: '1\n-1\n',
  node_labels: '5\n7\n5\n6\n5\n',
  node_attributes: '0.5, 1\n1.5, 2\n2.5, 3\n3.5, 4\n4.5, 5\n',
  edge_labels: '0\n0\n1\n1\n0\n1\n1\n0\n',
};

function write(name: string, changed: Readonly<Record<string, string | null>> = {}): string {
  const at = join(folder, name);
  for (const [part, content] of Object.entries({ ...files, ...changed })) {
    if (content !== null) put(join(at, `TINY_${part}.txt`), content);
  }
  return at;
}

describe('a TU collection', () => {
  it('becomes graphs as PyTorch Geometric makes them', async () => {
    const { graphs, testFolds } = await openGraphs(write('tu'));
    expect(testFolds).toBeNull();
    expect(
      graphs.map(({ numNodes, numEdges, y, numClasses }) => [numNodes, numEdges, [...(y as Int32Array)], numClasses]),
    ).toEqual([
      [3, 4, [1], 2],
      [2, 2, [0], 2],
    ]);
    expect([...denseRows(graphs[1]!.x!).values]).toEqual([3.5, 4, 0, 1, 0, 4.5, 5, 1, 0, 0]);
    expect(graphs[1]!.edgeIndex.map((ends) => [...ends])).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect([...graphs[0]!.edgeAttr!.values]).toEqual([1, 0, 1, 0, 0, 1, 0, 1]);
    await expect(openGraph(write('tu'))).rejects.toThrow(
      /holds 2 graphs; openGraphs\(\) and the task graph-classification read them/,
    );
  });

  it('needs no labels, and none of nodes', async () => {
    const { graphs } = await openGraphs(
      write('bare', { graph_labels: null, node_labels: null, node_attributes: null, edge_labels: null }),
    );
    expect(graphs.map(({ x, y, edgeAttr }) => [x, y, edgeAttr])).toEqual([
      [null, null, null],
      [null, null, null],
    ]);
  });

  it.each([
    [
      'an edge to a node that is not there',
      { A: '1, 2\n2, 6\n' },
      /TINY_A\.txt: edge 2 has node 6; there are 5, from 1 on/,
    ],
    ['a fraction for a node', { A: '1, 2.5\n' }, /edge 1 has node 2\.5/],
    ['nodes from 0 on', { A: '0, 1\n' }, /edge 1 has node 0/],
    ['an edge between graphs', { A: '1, 2\n3, 4\n' }, /edge 2 leads from one graph to another/],
    ['text', { A: '1, x\n' }, /line 1: 'x' is no number/],
    ['three nodes in an edge', { A: '1, 2, 3\n' }, /two nodes in a line/],
    [
      'graphs out of order',
      { graph_indicator: '1\n2\n1\n2\n2\n' },
      /graph_indicator\.txt: line 3: graph 1 after graph 2/,
    ],
    ['a graph that is left out', { graph_indicator: '1\n1\n1\n3\n3\n' }, /line 4: graph 3 after graph 1/],
    ['too few labels', { node_labels: '1\n' }, /node_labels\.txt: has 1 lines, 5 are needed/],
    ['too few labels of graphs', { graph_labels: '1\n' }, /one label for each of 2 graphs/],
    ['a label so large that one-hot is huge', { node_labels: '0\n0\n0\n0\n900000000\n' }, /too large a table/],
    ['no indicator', { graph_indicator: null }, /holds no data set of a known layout/],
  ])('refuses %s', async (what, changed, message) => {
    await expect(openGraphs(write(what.replaceAll(' ', '-'), changed))).rejects.toThrow(message);
  });
});

describe('a collection in JSON', () => {
  const json = {
    numTags: 3,
    numClasses: 2,
    graphs: [
      { label: 1, tags: [0, 2], edges: [0, 1] },
      { label: 0, tags: [1], edges: [] },
    ],
    testFolds: [[0], [1]],
  };

  it('may be packed', async () => {
    const path = put(join(folder, 'some.json.gz'), gzipSync(JSON.stringify(json)));
    const { graphs, testFolds } = await openGraphs(path);
    expect(graphs.map(({ numNodes, numEdges, yOf }) => [numNodes, numEdges, yOf])).toEqual([
      [2, 2, 'graph'],
      [1, 0, 'graph'],
    ]);
    expect([...denseRows(graphs[0]!.x!).values]).toEqual([1, 0, 0, 0, 0, 1]);
    expect(testFolds!.map((fold) => [...fold])).toEqual([[0], [1]]);
  });

  it.each([
    [
      'an edge to nowhere',
      { graphs: [{ label: 0, tags: [0], edges: [0, 5] }] },
      /graph 0: edges: edge 0 leads to node 5/,
    ],
    ['half an edge', { graphs: [{ label: 0, tags: [0], edges: [0] }] }, /make no pairs/],
    ['a label that is none', { graphs: [{ label: 'x', tags: [0], edges: [] }] }, /graph 0: "label" must be a number/],
    [
      'a label that is missing',
      { graphs: [{ label: null, tags: [0], edges: [] }] },
      /graph 0: "label" must be a number/,
    ],
    ['a tag so large that one-hot is huge', { graphs: [{ label: 0, tags: [2e9], edges: [] }] }, /too large a table/],
    ['a fold of graphs that are not there', { ...json, testFolds: [[7]] }, /fold 0 lists graph 7, there are 2/],
    [
      'more nodes than anything says',
      { graphs: [{ label: 0, numNodes: 2e9, edges: [0, 1] }] },
      /there would be 2000000000 nodes/,
    ],
    [
      'an edge between nodes of huge numbers',
      { graphs: [{ label: 0, edges: [0, 2e9] }] },
      /there would be 2000000001 nodes/,
    ],
  ])('refuses %s', async (what, content, message) => {
    const path = put(join(folder, `${what.replaceAll(' ', '-')}.json`), JSON.stringify(content));
    await expect(openGraphs(path)).rejects.toThrow(message);
  });

  it('refuses places of features that are no whole numbers of 32 bits', async () => {
    const graph = { numNodes: 2, edges: [0, 1], numFeatures: 3, featIndptr: [0, 1, 2], featIndices: [0, 1] };
    const open = (changes: object): Promise<unknown> =>
      openGraph(put(join(folder, 'places.json'), JSON.stringify({ ...graph, ...changes })));
    await expect(open({ featIndptr: [0, 1.5, 2] })).rejects.toThrow(/"featIndptr": item 1 is 1.5, no whole number/);
    await expect(open({ featIndices: [2 ** 32, 1] })).rejects.toThrow(/"featIndices": item 0 is 4294967296/);
  });

  it('is an error when it is no JSON, or JSON of something else', async () => {
    await expect(openGraphs(put(join(folder, 'a.json'), '{"graphs": ['))).rejects.toThrow(/a\.json: is not valid JSON/);
    await expect(openGraphs(put(join(folder, 'b.json'), '[1]'))).rejects.toThrow(/holds no graph/);
    await expect(openGraphs(put(join(folder, 'c.json.gz'), 'no gzip'))).rejects.toThrow(/cannot be unpacked/);
    await expect(openGraphs(put(join(folder, 'd.json'), Uint8Array.of(34, 255, 34)))).rejects.toThrow(
      /not text in UTF-8/,
    );
  });

  it('is not unpacked beyond its bound', async () => {
    const bomb = put(join(folder, 'bomb.json.gz'), gzipSync(Buffer.alloc(5e7, ' ')));
    await expect(openGraphs(bomb, { maxBytes: 1e6 })).rejects.toThrow(/more than 1000000 bytes once unpacked/);
  });

  for (const [name, count, classes, tags, nodes, edges] of [
    ['mutag', 188, 2, 7, 17.93, 19.79],
    ['proteins', 1113, 2, 3, 39.06, 72.82],
    ['nci1', 4110, 2, 37, 29.87, 32.3],
    ['imdbbinary', 1000, 2, 1, 19.77, 96.53],
  ] as const) {
    onData(`graph-classification/${name}.json.gz`, `${name} has the published counts`, async (path) => {
      const { graphs, testFolds } = await openGraphs(path);
      const mean = (value: (graph: (typeof graphs)[number]) => number): number =>
        graphs.reduce((sum, graph) => sum + value(graph), 0) / graphs.length;
      expect([graphs.length, graphs[0]!.numClasses, graphs[0]!.numFeatures, testFolds!.length]).toEqual([
        count,
        classes,
        tags,
        10,
      ]);
      expect(mean(({ numNodes }) => numNodes)).toBeCloseTo(nodes, 2);
      expect(mean(({ numEdges }) => numEdges / 2)).toBeCloseTo(edges, 2);
    });
  }
});
