import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileError } from '@hourglass/core';
import { denseRows } from '@hourglass/graph';
import { openGraph } from '@hourglass/graph/node';
import { onData, put, temporaryFolder } from '../files.js';
import { pickleBytes, pickleInt, pickleText, pickledCsr, pickledLists, pickledMatrix } from './pickles.js';

const folder = temporaryFolder();

/** Seven nodes: four known, of which two train; the test set is 4, 6, and 5 is in no file. */
function write(at: string): string {
  const files: Record<string, Uint8Array | string> = {
    x: pickledCsr([
      [1, 0, 0],
      [0, 2, 0],
    ]),
    allx: pickledCsr([
      [1, 0, 0],
      [0, 2, 0],
      [0, 0, 0],
      [1, 0, 1],
    ]),
    tx: pickledCsr([
      [0, 0, 6],
      [4, 0, 0],
    ]),
    y: pickledMatrix([
      [1, 0],
      [0, 1],
    ]),
    ally: pickledMatrix([
      [1, 0],
      [0, 1],
      [0, 1],
      [1, 0],
    ]),
    ty: pickledMatrix(
      [
        [0, 1],
        [1, 0],
      ],
      'f8',
    ),
    graph: pickledLists({ 0: [1, 1, 4], 1: [0], 2: [2], 3: [6], 4: [], 6: [3] }),
    'test.index': '6\n4\n',
  };
  for (const [part, content] of Object.entries(files)) put(join(at, `ind.tiny.${part}`), content);
  return at;
}

describe('the Planetoid originals', () => {
  it('become one graph in the order of the GCN paper', async () => {
    const graph = await openGraph(write(join(folder, 'tiny')));
    expect(graph.summary()).toMatchObject({
      nodes: 7,
      edges: 6,
      undirected: true,
      selfLoops: 0,
      duplicates: 0,
      isolated: 2,
    });
    expect(graph.edgeIndex.map((ends) => [...ends])).toEqual([
      [0, 0, 1, 3, 4, 6],
      [1, 4, 0, 6, 0, 3],
    ]);
    expect([...denseRows(graph.x!).values]).toEqual([1, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 1, 4, 0, 0, 0, 0, 0, 0, 0, 6]);
    expect([...(graph.y as Int32Array)]).toEqual([0, 1, 1, 0, 0, -1, 1]);
    expect([graph.trainMask, graph.valMask, graph.testMask].map((mask) => [...mask!])).toEqual([
      [1, 1, 0, 0, 0, 0, 0],
      [0, 0, 1, 1, 0, 0, 0],
      [0, 0, 0, 0, 1, 0, 1],
    ]);
  });

  const fails = (part: string, content: Uint8Array | string, message: RegExp) => async () => {
    const at = write(join(folder, `bad-${part}-${message.source.length}`));
    const path = put(join(at, `ind.tiny.${part}`), content);
    const error = await openGraph(at).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(FileError);
    expect((error as FileError).path).toBe(path);
    expect((error as FileError).message).toMatch(message);
  };

  const program = (...parts: (number | string | Uint8Array)[]): Buffer => pickleBytes('\x80\x02', ...parts, '.');

  it(
    'never run what a pickle asks for',
    fails(
      'graph',
      program('cos\nsystem\n(', pickleText('touch /tmp/hit'), 'tR'),
      /asks for os\.system, which is not among/,
    ),
  );
  it('nor a name that objects have', fails('graph', program('c__proto__\ntoString\n'), /asks for __proto__\.toString/));
  it(
    'may be cut short',
    fails(
      'allx',
      pickledCsr([
        [1, 0],
        [0, 1],
      ]).subarray(0, 60),
      /is cut short/,
    ),
  );
  it('may be something else', fails('allx', 'hello', /instruction 0x68|refers to value/));
  it('may be empty', fails('graph', '', /is cut short/));
  it(
    'may promise endless edges in few bytes',
    fails(
      'graph',
      program(
        '}(',
        pickleInt(0),
        '](',
        ...Array.from({ length: 40 }, () => pickleInt(1)),
        'eq\x01',
        ...Array.from({ length: 6 }, (_, i) => pickleBytes(pickleInt(i + 1), 'h\x01')),
        'u',
      ),
      /repeats its lists/,
    ),
  );
  it(
    'may have an edge to a node that is not there',
    fails('graph', pickledLists({ 0: [99] }), /edge from node 0 to what is none of 7/),
  );
  it('may have labels for too few nodes', fails('ally', pickledMatrix([[1, 0]]), /has 1 rows, 4 are needed/));
  it(
    'may have labels without classes',
    fails('ally', pickledMatrix([[], []]), /shape \[2, 0\], a column for each class/),
  );
  it('may list test nodes among the others', fails('test.index', '1\n4\n', /line 1 is '1'/));
  it('may list a test node far away', fails('test.index', '4\n2000000000\n', /far beyond the 6/));
  it('may have columns beyond their width', async () => {
    const csr = pickledCsr([
      [1, 0, 0],
      [0, 2, 0],
      [0, 0, 0],
      [1, 0, 1],
    ]);
    const at = csr.indexOf('indices');
    const place = csr.indexOf(Uint8Array.of(2, 0, 0, 0), csr.indexOf('T', at + 120));
    csr[place] = 200;
    await fails('allx', csr, /column of allx beyond 3/)();
  });

  it('are missing one by one', async () => {
    const at = write(join(folder, 'whole'));
    const partly = join(folder, 'partly');
    cpSync(at, partly, { recursive: true, filter: (path) => !path.endsWith('.allx') });
    await expect(openGraph(partly)).rejects.toThrow(/ind\.tiny\.allx: is missing; the eight files/);
  });

  onData('cora', 'Cora is, number by number, what cora.json says', async (path) => {
    const original = await openGraph(join(path, 'original'));
    const json = await openGraph(join(path, 'cora.json'));
    expect(original.summary()).toEqual(json.summary());
    expect(original.summary()).toMatchObject({
      nodes: 2708,
      edges: 10556,
      features: 1433,
      classes: 7,
      train: 140,
      val: 500,
      test: 1000,
    });
    expect(original.edgeIndex).toEqual(json.edgeIndex);
    expect(original.y).toEqual(json.y);
    expect([original.trainMask, original.valMask, original.testMask]).toEqual([
      json.trainMask,
      json.valMask,
      json.testMask,
    ]);
    // as bytes, since comparing millions of numbers one by one takes the runner half a minute
    const bytes = (graph: typeof json): Buffer => Buffer.from(denseRows(graph.x!).values.buffer);
    expect(bytes(original).equals(bytes(json))).toBe(true);
  });

  onData('pubmed-structure', 'PubMed without its features names the file that is missing', async (path) => {
    await expect(openGraph(join(path, 'original'))).rejects.toThrow(/ind\.pubmed\.allx: is missing/);
    const graph = await openGraph(join(path, 'pubmed.json'));
    expect(graph.summary()).toMatchObject({
      nodes: 19717,
      edges: 88648,
      classes: 3,
      features: 0,
      train: 60,
      val: 500,
      test: 1000,
    });
  });
});
