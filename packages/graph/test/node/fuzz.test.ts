import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Generator, HourglassError } from '@hourglass/core';
import { openGraphData } from '@hourglass/graph/node';
import { put, temporaryFolder } from '../files.js';
import { pickledCsr, pickledLists, pickledMatrix } from './pickles.js';

const folder = temporaryFolder();

/** A file's bytes with some changed, left out, repeated or put in. */
function mutated(bytes: Uint8Array, generator: Generator): Uint8Array {
  let result = Buffer.from(bytes);
  for (let i = generator.integer(1, 5); i > 0; i--) {
    const at = generator.integer(0, result.length + 1);
    const length = Math.min(generator.integer(1, 12), result.length - at);
    switch (generator.integer(0, 6)) {
      case 0:
        if (at < result.length) result[at] = generator.integer(0, 256);
        break;
      case 1:
        result = result.subarray(0, at);
        break;
      case 2:
        result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
        break;
      case 3:
        result = Buffer.concat([result.subarray(0, at + length), result.subarray(at)]);
        break;
      case 4:
        if (at + 4 <= result.length) result.writeInt32LE(generator.integer(-(2 ** 31), 2 ** 31), at);
        break;
      default: {
        const odd = [
          '999999999',
          '-1',
          '0.5',
          'NaN',
          '1e999',
          ',',
          '\t',
          '\n',
          '"',
          '<',
          '>',
          '&',
          '{',
          ']',
          '\0',
          '__proto__',
        ];
        const more = Buffer.from(odd[generator.integer(0, odd.length)]!);
        result = Buffer.concat([result.subarray(0, at), more, result.subarray(at)]);
      }
    }
  }
  return result;
}

const csr = (rows: number): Buffer => pickledCsr(Array.from({ length: rows }, (_, i) => [i % 2, 1, 0, i]));
const oneHot = (rows: number): Buffer => pickledMatrix(Array.from({ length: rows }, (_, i) => [i % 2, 1 - (i % 2)]));
const text = (content: string): Uint8Array => Buffer.from(content);

/** A valid data set of each layout; the first file is opened, or the folder when there are several. */
const layouts: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>> = {
  planetoid: {
    'ind.a.x': csr(2),
    'ind.a.allx': csr(4),
    'ind.a.tx': csr(2),
    'ind.a.y': oneHot(2),
    'ind.a.ally': oneHot(4),
    'ind.a.ty': oneHot(2),
    'ind.a.graph': pickledLists({ 0: [1, 4], 1: [0], 2: [5], 3: [], 4: [0], 5: [2] }),
    'ind.a.test.index': text('5\n4\n'),
  },
  tu: {
    'A_A.txt': text('1, 2\n2, 1\n3, 4\n4, 3\n'),
    'A_graph_indicator.txt': text('1\n1\n2\n2\n'),
    'A_graph_labels.txt': text('1\n2\n'),
    'A_node_labels.txt': text('0\n1\n2\n0\n'),
    'A_node_attributes.txt': text('0.5\n1\n2\n3\n'),
  },
  tables: {
    'nodes.csv': text('id,age,label,split\na,1,x,train\nb,2,y,val\n'),
    'edges.csv': text('source,target,weight\na,b,1\nb,a,2\n'),
  },
  triples: {
    'train.tsv': text('0\t0\t1\n1\t1\t2\n'),
    'valid.tsv': text('0\t1\t2\n'),
    'entities.txt': text('a\nb\nc\n'),
  },
  labelled: { 'triples.tsv': text('0\t0\t1\n1\t1\t2\n'), 'train.tsv': text('0\t1\n'), 'test.tsv': text('2\t0\n') },
  edges: { 'a.txt': text('# edges\n0 1 0.5\n1 2 0.25\n2 0 1\n') },
  packed: { 'a.tsv.gz': gzipSync('0\t1\n1\t2\n') },
  collection: {
    'a.json': text(
      JSON.stringify({
        numTags: 2,
        graphs: [
          { label: 0, tags: [0, 1], edges: [0, 1] },
          { label: 1, tags: [1], edges: [] },
        ],
        testFolds: [[0], [1]],
      }),
    ),
  },
  graph: {
    'a.json': text(
      JSON.stringify({
        numNodes: 3,
        edges: [0, 1, 1, 2],
        numFeatures: 2,
        featIndptr: [0, 1, 1, 2],
        featIndices: [0, 1],
        labels: [0, 1, 0],
        train: [0],
        val: [1],
        test: [2],
      }),
    ),
  },
  nodeLink: {
    'a.json': text(
      JSON.stringify({
        nodes: [
          { id: 1, w: 2 },
          { id: 2, w: 3 },
        ],
        links: [{ source: 1, target: 2, weight: 1 }],
      }),
    ),
  },
  graphml: {
    'a.graphml': text(
      '<?xml version="1.0"?><graphml><key id="d" for="node" attr.name="w" attr.type="double"/><graph edgedefault="undirected">' +
        '<node id="a"><data key="d">1</data></node><node id="b"/><edge id="e" source="a" target="b"/></graph></graphml>',
    ),
  },
};

describe.each(Object.entries(layouts))('%s, damaged', (name, files) => {
  it('is read or refused, and nothing else', { timeout: 120_000 }, async () => {
    const at = join(folder, name);
    for (const [file, bytes] of Object.entries(files)) put(join(at, file), bytes);
    const names = Object.keys(files);
    const path = names.length === 1 ? join(at, names[0]!) : at;
    await openGraphData(path);
    const generator = new Generator(name.length);
    const before = process.memoryUsage().rss;
    let [read, refused] = [0, 0];
    for (let i = 0; i < 300; i++) {
      const file = names[generator.integer(0, names.length)]!;
      put(join(at, file), mutated(files[file]!, generator));
      const start = performance.now();
      try {
        await openGraphData(path);
        read++;
      } catch (error) {
        if (!(error instanceof HourglassError)) throw new Error(`mutation ${i} of ${file}`, { cause: error });
        refused++;
      }
      expect(performance.now() - start).toBeLessThan(5000);
      put(join(at, file), files[file]!);
    }
    expect(refused).toBeGreaterThan(20);
    expect(read + refused).toBe(300);
    expect(process.memoryUsage().rss - before).toBeLessThan(1e9);
  });
});
