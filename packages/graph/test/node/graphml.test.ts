import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openGraph } from '@hourglass/graph/node';
import { put, temporaryFolder } from '../files.js';

const folder = temporaryFolder();
let count = 0;
const open = (text: string, options = {}, extension = 'graphml') =>
  openGraph(put(join(folder, `${count++}.${extension}`), text), options);
const ends = ({ edgeIndex }: Awaited<ReturnType<typeof open>>) => edgeIndex.map((list) => [...list]);

const keys = `
  <key id="d0" for="node" attr.name="age" attr.type="double"><default>1</default></key>
  <key id="d1" for="node" attr.name="class" attr.type="string"/>
  <key id="d2" for="edge" attr.name="weight" attr.type="float"/>`;
const graphml = (graph: string, head = keys): string =>
  `<?xml version="1.0" encoding="UTF-8"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">${head}${graph}</graphml>`;
const edge = (source: string, target: string, more = ''): string =>
  `<edge source="${source}" target="${target}"${more}><data key="d2">0.5</data></edge>`;
const nodes = `<node id="a"><data key="d0">3.5</data><data key="d1">x &amp; y</data></node><node id="b"><data key="d1">z</data></node>`;

describe('GraphML', () => {
  it('is read with attributes, classes and weights', async () => {
    const graph = await open(
      graphml(`<graph edgedefault="directed">${nodes}${edge('a', 'b')}${edge('a', 'b')}${edge('b', 'b')}</graph>`),
    );
    expect([graph.nodeNames, ends(graph)]).toEqual([
      ['a', 'b'],
      [
        [0, 0, 1],
        [1, 1, 1],
      ],
    ]);
    expect([graph.featureNames, [...graph.edgeWeight!], graph.classNames]).toEqual([
      ['age'],
      [0.5, 0.5, 0.5],
      ['x & y', 'z'],
    ]);
    expect(graph.x).toEqual({ width: 1, values: Float32Array.of(3.5, 1) });
  });

  it('has undirected edges in both directions, also beside directed ones', async () => {
    const all = `${edge('a', 'b')}${edge('b', 'a', ' directed="true"')}${edge('b', 'b')}`;
    expect(ends(await open(graphml(`<graph edgedefault="undirected">${nodes}${all}</graph>`)))).toEqual(
      [
        [1, 1, 0, 1],
        [0, 1, 1, 0],
      ].map((list) => expect.arrayContaining(list)),
    );
    const mixed = `<graph edgedefault="directed">${nodes}${edge('a', 'b', ' directed="false"')}</graph>`;
    expect(ends(await open(graphml(mixed)))).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it('of ten thousand edges of both kinds takes no quadratic time', async () => {
    const some = Array.from({ length: 10_000 }, (_, i) =>
      edge(`n${i % 100}`, `n${(i * 7 + 1) % 100}`, i % 2 ? ' directed="true"' : ''),
    );
    const hundred = Array.from({ length: 100 }, (_, i) => `<node id="n${i}"/>`);
    const start = performance.now();
    await open(graphml(`<graph edgedefault="undirected">${hundred.join('')}${some.join('')}</graph>`));
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it('as editors write it, with keys for ports and unknown types', async () => {
    const head = `<key for="port" id="p"/><key id="d0" attr.name="age" attr.type="duration" for="all"/>${keys.split('\n')[3]}`;
    expect((await open(graphml(`<graph>${nodes}${edge('a', 'b')}</graph>`, head))).numEdges).toBe(2);
  });

  it.each([
    [
      'an entity bomb',
      `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><graphml><graph/></graphml>`,
      /declares entities/,
    ],
    [
      'an entity of a file',
      `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><graphml><graph/></graphml>`,
      /declares entities/,
    ],
    ['an unknown entity', graphml('<graph><node id="&lol;"/></graph>'), /no well-formed XML: entity not found/],
    [
      'a file cut short',
      graphml(`<graph>${nodes}</graph>`).slice(0, -18),
      /<graph> is not closed; is the file cut short/,
    ],
    ['a file cut short in a tag', graphml(`<graph>${nodes}`).slice(0, -50), /letter \d+ does not end/],
    ['tags that cross', graphml(`<graph><node id="a"></graph></node>`), /<\/graph> at letter \d+ closes <node>/],
    [
      'deep nesting',
      graphml(`<graph>${'<node id="a">'.repeat(200)}${'</node>'.repeat(200)}</graph>`),
      /more than 100 others/,
    ],
    ['nothing', '', /no XML|no well-formed/],
    ['text', 'hello', /no XML|no well-formed/],
    ['other XML', '<html></html>', /holds no graph/],
    ['several graphs', graphml('<graph/><graph/>'), /holds 2 graphs/],
    [
      'an edge to a node that is not there',
      graphml(`<graph>${nodes}${edge('a', 'c')}</graph>`),
      /has an edge from 'a' to 'c', but no node 'c'/,
    ],
    ['an edge without ends', graphml(`<graph>${nodes}<edge source="a"/></graph>`), /edge without source or target/],
    ['a node twice', graphml(`<graph>${nodes}${nodes}</graph>`), /has node 'a' twice/],
    ['a node without a name', graphml('<graph><node/></graph>'), /has a node without an id/],
    [
      'a weight that is none',
      graphml(`<graph>${nodes}${edge('a', 'b').replace('0.5', 'heavy')}</graph>`),
      /edgeWeight: edge 0 is NaN/,
    ],
    [
      'a weight of some edges',
      graphml(`<graph>${nodes}${edge('a', 'b')}<edge source="a" target="a"/></graph>`),
      /2 of 3 edges have the attribute 'weight'/,
    ],
  ])('refuses %s', async (_, text, message) => {
    await expect(open(text)).rejects.toThrow(message);
  });

  it.each([
    [
      'attributes',
      Array.from({ length: 20_000 }, (_, i) => `<key id="k${i}" for="all" attr.name="n${i}"/>`).join(''),
      '<node id="a"/>',
      /declares 20000 attributes/,
    ],
    [
      'default values for many nodes',
      Array.from({ length: 400 }, (_, i) => `<key id="k${i}" attr.name="n${i}"><default>1</default></key>`).join(''),
      Array.from({ length: 11_000 }, (_, i) => `<node id="${i}"/>`).join(''),
      /declares 400 attributes for 11000 nodes/,
    ],
    [
      'nodes, each with an attribute of its own',
      '',
      Array.from({ length: 8000 }, (_, i) => `<node id="${i}"><data key="k${i}">1</data></node>`).join(''),
      /different attributes/,
    ],
    ['document types', '<!DOCTYPE a'.repeat(10_000), '', /declares entities|does not end/],
  ])('of a great many %s takes neither long nor much memory', async (_, head, nodes, message) => {
    const start = performance.now();
    await expect(open(graphml(`<graph>${nodes}</graph>`, head))).rejects.toThrow(message);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it('may name its document type', async () => {
    const text = graphml(`<graph>${nodes}</graph>`).replace(
      '?>',
      '?><!DOCTYPE graphml SYSTEM "http://graphml.graphdrawing.org/dtds/1.0rc/graphml.dtd">',
    );
    expect((await open(text)).numNodes).toBe(2);
  });

  it('is not read beyond its bound', async () => {
    await expect(open(graphml(`<graph>${' '.repeat(5000)}</graph>`), { maxBytes: 4000 })).rejects.toThrow(
      /more than 4000 bytes/,
    );
  });
});

describe('node-link JSON', () => {
  it('of networkx and d3', async () => {
    const json = {
      directed: false,
      nodes: [
        { id: 'a', size: 1 },
        { id: 7, size: 2 },
      ],
      links: [{ source: 'a', target: 7, weight: 3 }],
    };
    const graph = await open(JSON.stringify(json), {}, 'json');
    expect([graph.nodeNames, ends(graph), graph.featureNames, [...graph.edgeWeight!]]).toEqual([
      ['a', '7'],
      [
        [0, 1],
        [1, 0],
      ],
      ['size'],
      [3, 3],
    ]);
    expect((await open(JSON.stringify({ ...json, directed: true }), {}, 'json')).numEdges).toBe(1);
  });

  it('of graphology', async () => {
    const json = {
      options: { type: 'mixed', multi: true },
      nodes: [
        { key: 'a', attributes: { y: 1 } },
        { key: 'b', attributes: { y: 0 } },
      ],
      edges: [
        { key: 'e', source: 'a', target: 'b', attributes: {} },
        { source: 'a', target: 'b', undirected: true },
      ],
    };
    const graph = await open(JSON.stringify(json), {}, 'json');
    expect([ends(graph).map((list) => list.toSorted()), [...(graph.y as Int32Array)]]).toEqual([
      [
        [0, 0, 1],
        [0, 1, 1],
      ],
      [1, 0],
    ]);
  });

  it.each([
    [
      'an edge to a node that is not there',
      { nodes: [{ id: 1 }], links: [{ source: 1, target: 2 }] },
      /edge 0: there is no node '2'/,
    ],
    ['a node without name', { nodes: [{}], links: [] }, /node 0 is undefined, no name/],
    ['a node that is no object', { nodes: [3], links: [] }, /node 0 is no object/],
    ['a node twice', { nodes: [{ id: 1 }, { id: 1 }], links: [] }, /node 1: there is a node '1' already/],
  ])('refuses %s', async (_, json, message) => {
    await expect(open(JSON.stringify(json), {}, 'json')).rejects.toThrow(message);
  });
});
