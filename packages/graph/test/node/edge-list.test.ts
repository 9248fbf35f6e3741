import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openGraph } from '@hourglass/graph/node';
import type { OpenGraphOptions } from '@hourglass/graph/node';
import { put, temporaryFolder } from '../files.js';

const folder = temporaryFolder();
let count = 0;
const open = (text: string, options: OpenGraphOptions = {}, extension = 'txt') =>
  openGraph(put(join(folder, `${count++}.${extension}`), text), options);
const ends = ({ edgeIndex }: Awaited<ReturnType<typeof open>>) => edgeIndex.map((list) => [...list]);

describe('an edge list', () => {
  it('may be separated by spaces, tabs, commas or semicolons, with comments and any ends of lines', async () => {
    for (const separator of [' ', '   ', '\t', ',', ', ', ';']) {
      const text = ['# a comment', `0${separator}1`, '', '% another', `1${separator}2`, `0${separator}1`, ''].join(
        '\r\n',
      );
      expect(ends(await open(text))).toEqual([
        [0, 1, 0],
        [1, 2, 1],
      ]);
    }
    expect(ends(await open('\uFEFF0 1'))).toEqual([[0], [1]]);
  });

  it('may be empty', async () => {
    expect((await open('# nothing\n')).summary()).toMatchObject({ nodes: 0, edges: 0 });
    expect((await open('', { numNodes: 3 })).summary()).toMatchObject({ nodes: 3, isolated: 3 });
  });

  it('may have a header, weights, types and attributes', async () => {
    expect((await open('0 1 0.5\n1 0 -2')).edgeWeight).toEqual(Float32Array.of(0.5, -2));
    const graph = await open('weight,target,source,relation,age\n2,0,1,3,7\n4,1,0,0,8\n', {}, 'csv');
    expect(ends(graph)).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect([graph.edgeWeight, graph.edgeType, graph.edgeAttr]).toEqual([
      Float32Array.of(2, 4),
      Int32Array.of(3, 0),
      { width: 1, values: Float32Array.of(7, 8) },
    ]);
    expect((await open('a b\n0 1\n', { header: true })).numEdges).toBe(1);
  });

  it('may name its nodes', async () => {
    const graph = await open('source,target\n"Ann, B.",Bob\nBob,"C ""x"""\n', {}, 'csv');
    expect([graph.nodeNames, ends(graph)]).toEqual([
      ['Ann, B.', 'Bob', 'C "x"'],
      [
        [0, 1],
        [1, 2],
      ],
    ]);
    expect((await open('17 4000000000\n', { ids: 'names' })).nodeNames).toEqual(['17', '4000000000']);
    expect((await open('__proto__ constructor\n')).nodeNames).toEqual(['__proto__', 'constructor']);
  });

  it('may be packed', async () => {
    expect((await openGraph(put(join(folder, 'some.tsv.gz'), gzipSync('0\t1\n1\t2')))).numEdges).toBe(2);
  });

  it('is directed as it stands, and made undirected on demand', async () => {
    const text = '0 1 5\n1 0 6\n1 2 7\n2 2 8\n1 2 9\n';
    expect((await open(text)).summary()).toMatchObject({
      edges: 5,
      undirected: false,
      withoutReverse: 2,
      selfLoops: 1,
      duplicates: 1,
    });
    const graph = await open(text, { undirected: true });
    expect(graph.summary()).toMatchObject({ edges: 7, undirected: true });
    expect([ends(graph), [...graph.edgeWeight!]]).toEqual([
      [
        [0, 1, 1, 2, 1, 2, 2],
        [1, 0, 2, 2, 2, 1, 1],
      ],
      [5, 6, 7, 8, 9, 7, 9],
    ]);
  });

  it.each<[string, string, OpenGraphOptions, RegExp]>([
    ['a negative id', '0 1\n-1 0', {}, /line 2: '-1' is no number of a node/],
    ['a fractional id', '0 1\n0.5 0', {}, /line 2: '0\.5' is no number of a node/],
    ['a name among numbers', '0 1\n1 x', {}, /line 2: 'x' is no number of a node.*ids: 'names'/],
    ['a node beyond numNodes', '0 5', { numNodes: 3 }, /edge 0 leads to node 5, but there are 3 nodes/],
    ['ids that are no numbering', '0 2000000000', {}, /there would be 2000000001 nodes.*ids: 'names'/],
    ['ids beyond 32 bits', '0 99999999999', {}, /line 1: '99999999999' is no number/],
    ['a weight that is none', '0 1 x', {}, /line 1: 'x' is no number/],
    ['a weight that is NaN', '0 1 NaN', {}, /line 1: 'NaN' is no number/],
    ['a weight that is infinite', '0 1 1e999', {}, /line 1: '1e999' is no number/],
    ['lines of different lengths', '0 1 2\n0 1', {}, /line 2: has 2 fields, the first line has 3/],
    ['one node', '0\n', {}, /line 1: '0' is no edge/],
    ['lines that end as on old Macintoshes', '0 1\r1 2\r', {}, /line 1 holds carriage returns/],
    ['an unknown name', 'a,b', { names: ['a'] }, /line 1: there is no node 'b'/],
    ['a line without end', 'a'.repeat(2 ** 24 + 9), {}, /does not end|is no edge/],
  ])('refuses %s', async (_, text, options, message) => {
    await expect(open(text, options)).rejects.toThrow(message);
  });

  it('is an error where nothing is, or a layout is unknown', async () => {
    await expect(openGraph(join(folder, 'nowhere'))).rejects.toThrow(/does not exist/);
    await expect(openGraph(put(join(folder, 'some.bin'), 'x'))).rejects.toThrow(/not recognised by its name/);
    await expect(openGraph(folder)).rejects.toThrow(/holds no data set of a known layout/);
    await expect(openGraph(folder, { layout: 'xyz' as never })).rejects.toThrow(/there is no layout 'xyz'/);
  });
});

describe('tables of nodes and edges', () => {
  const write = (name: string, nodes: string, edges: string): string => {
    const at = join(folder, name);
    put(join(at, 'nodes.csv'), nodes);
    put(join(at, 'edges.csv'), edges);
    return at;
  };
  const nodes = 'id,age,label,split,note,height\nann,30,good,train,"x, y",1.5\nbob,40,bad,val,z,1.7\ncid,50,,,w,1.9\n';

  it('give features, labels and split', async () => {
    const graph = await openGraph(write('people', nodes, 'source,target,weight\nann,bob,2\ncid,ann,3\n'), {
      undirected: true,
    });
    expect(graph.summary()).toMatchObject({
      nodes: 3,
      edges: 4,
      undirected: true,
      features: 2,
      classes: 2,
      train: 1,
      val: 1,
      test: 0,
    });
    expect([graph.featureNames, graph.classNames, [...(graph.y as Int32Array)]]).toEqual([
      ['age', 'height'],
      ['bad', 'good'],
      [1, 0, -1],
    ]);
    expect(graph.x).toEqual({ width: 2, values: Float32Array.of(30, 1.5, 40, 1.7, 50, 1.9) });
  });

  it('say which columns are what, on demand', async () => {
    const graph = await openGraph(write('people', nodes, 'ann,bob\n'), { features: ['height'], label: 'age' });
    expect([graph.featureNames, graph.numClasses]).toEqual([['height'], 51]);
    await expect(openGraph(write('people', nodes, 'ann,bob\n'), { features: ['note'] })).rejects.toThrow(
      /column 'note': node 0 has 'x, y', no number/,
    );
    await expect(openGraph(write('people', nodes, 'ann,bob\n'), { label: 'none' })).rejects.toThrow(
      /there is no column 'none'; there are age/,
    );
  });

  it.each([
    ['an edge to a node that is not there', nodes, 'ann,eve\n', /edges\.csv: line 1: there is no node 'eve'/],
    ['a node twice', 'id,a\nx,1\nx,2\n', 'x,x\n', /nodes\.csv: line 3: node 'x' again/],
    ['a split that is none', 'id,split\nx,later\n', 'x,x\n', /node 0 has 'later'; splits are train, val and test/],
    ['NaN among numbers', 'id,a\nx,1\ny,nan\n', '', /column 'a': node 1 has nan, other nodes have numbers/],
    [
      'a class so large that all together are many',
      'id,label\nx,2000000\n',
      '',
      /number 2000000 occurs among the classes/,
    ],
    ['a column twice', 'id,a,a\n', '', /two columns 'a'/],
    ['a short line', 'id,a\nx\n', '', /line 2 has 1 fields, the header has 2/],
  ])('refuse %s', async (name, nodes, edges, message) => {
    await expect(openGraph(write(name.replaceAll(' ', '-'), nodes, edges))).rejects.toThrow(message);
  });
});
