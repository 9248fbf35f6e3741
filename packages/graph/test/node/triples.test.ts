import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openGraph, openTriples } from '@hourglass/graph/node';
import { onData, put, temporaryFolder } from '../files.js';

const folder = temporaryFolder();
let count = 0;
function write(files: Readonly<Record<string, string>>): string {
  const at = join(folder, String(count++));
  for (const [name, text] of Object.entries(files)) put(join(at, name), name.endsWith('.gz') ? gzipSync(text) : text);
  return at;
}

describe('triples', () => {
  it('as ids, with names beside them', async () => {
    const at = write({
      'train.tsv.gz': '0\t0\t1\n2\t1\t0\n',
      'valid.tsv.gz': '1\t1\t2\n',
      'entitys.txt.gz': 'a\nb\nc\nd\n',
      'relations.txt': '0\tlikes\n1\tknows\n',
    });
    const { numEntities, relationNames, train, valid, test } = await openTriples(at);
    expect([numEntities, relationNames, [...train.tail], [...valid.head], test.head.length]).toEqual([
      4,
      ['likes', 'knows'],
      [1, 0],
      [1],
      0,
    ]);
    const graph = await openGraph(at);
    expect([graph.numNodes, graph.numRelations, [...graph.edgeType!]]).toEqual([4, 2, [0, 1]]);
  });

  it('as names, which are numbered as they come', async () => {
    const at = write({ 'train.txt': '/m/1\t/r/x\t/m/2\n', 'valid.txt': '/m/3\t/r/y\t/m/1\n', 'test.txt': '' });
    const { entityNames, relationNames, valid } = await openTriples(at);
    expect([entityNames, relationNames, [...valid.tail]]).toEqual([['/m/1', '/m/2', '/m/3'], ['/r/x', '/r/y'], [0]]);
  });

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ['two fields', { 'train.tsv': '0\t1\n' }, /line 1 has 2 fields/],
    ['a negative id', { 'train.tsv': '0\t0\t1\n-1\t0\t1\n' }, /line 2: entity '-1' is not a whole number/],
    ['an entity that is not listed', { 'train.tsv': '0\t0\t7\n', 'entities.txt': 'a\n' }, /entity '7' is not one of 1/],
    ['a name that is not listed', { 'train.tsv': 'a\tr\tb\n', 'entities.txt': 'a\n' }, /there is no entity 'b'/],
    ['ids that are no numbering', { 'train.tsv': '0\t0\t2000000000\n' }, /there would be 2000000001 nodes/],
    ['relations that are no numbering', { 'train.tsv': '0\t2000000000\t0\n' }, /there would be 2000000001 relations/],
  ])('refuse %s', async (_, files, message) => {
    await expect(openTriples(write(files))).rejects.toThrow(message);
  });

  it('with classes become one graph with relations', async () => {
    const files = {
      'triples.tsv': '0\t0\t1\n1\t1\t2\n2\t0\t0\n',
      'train.tsv': '0\t1\n',
      'test.tsv': '2\t0\n',
      'classes.txt': 'x\ny\n',
    };
    const graph = await openGraph(write(files));
    expect(graph.summary()).toMatchObject({ nodes: 3, edges: 3, relations: 2, classes: 2, train: 1, val: 0, test: 1 });
    expect([[...(graph.y as Int32Array)], graph.valMask]).toEqual([[1, -1, 0], null]);
    await expect(openGraph(write({ ...files, 'test.tsv': '9\t0\n' }))).rejects.toThrow(
      /test\.tsv: line 1: '9\t0' is no node \(of 3\)/,
    );
    await expect(openGraph(write({ ...files, 'test.tsv': '1\t7\n' }))).rejects.toThrow(/2 classes, but number 7/);
  });

  onData('fb15k-237', 'FB15k-237 has the published counts', async (path) => {
    const { numEntities, numRelations, train, valid, test, entityNames } = await openTriples(path);
    expect([numEntities, numRelations, entityNames!.length]).toEqual([14541, 237, 14541]);
    expect([train, valid, test].map(({ head }) => head.length)).toEqual([272115, 17535, 20466]);
  });
  onData('wn18rr', 'WN18RR too', async (path) => {
    const { numEntities, numRelations, train } = await openTriples(path);
    expect([numEntities, numRelations, train.head.length]).toEqual([40943, 11, 86835]);
  });
  onData('aifb', 'and AIFB', async (path) => {
    const graph = await openGraph(path);
    expect(graph.summary()).toMatchObject({
      nodes: 8285,
      edges: 29043,
      relations: 45,
      classes: 4,
      train: 140,
      test: 36,
    });
  });
});
