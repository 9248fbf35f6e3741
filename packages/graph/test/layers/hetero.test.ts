import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, normalTensor, scope, valueAndGradients, type Module } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import {
  EdgeIndex,
  HANConv,
  HeteroConv,
  HGTConv,
  SAGEConv,
  type ByEdgeType,
  type ByNodeType,
  type EdgeType,
} from '@hourglass/graph';
import { keepsToLayerRules } from './properties.js';

beforeAll(() => useTestBackend('wasm'));

type HeteroLayer = Module & { forward(x: ByNodeType, edges: ByEdgeType): Record<string, tf.Tensor> };

const wrote: EdgeType = ['author', 'wrote', 'paper'];
const writtenBy: EdgeType = ['paper', 'written_by', 'author'];
const cites: EdgeType = ['paper', 'cites', 'paper'];
const metadata = { nodeTypes: ['author', 'paper'], edgeTypes: [wrote, writtenBy, cites] };
const inChannels = { author: 3, paper: 4 };

const layers: ReadonlyArray<readonly [string, (generator: Generator) => HeteroLayer]> = [
  ['HGTConv', (generator) => new HGTConv(inChannels, 4, metadata, { heads: 2, generator })],
  ['HANConv', (generator) => new HANConv(inChannels, 4, metadata, { heads: 2, generator })],
  [
    'HeteroConv',
    (generator) =>
      new HeteroConv(
        metadata.edgeTypes.map((type) => {
          const widths = [inChannels[type[0] as 'author'], inChannels[type[2] as 'paper']] as const;
          return [type, new SAGEConv(widths, 4, { generator })] as const;
        }),
      ),
  ],
];

// several to a node, so that scores of both signs meet
const writers = [0, 1, 2, 0, 3, 1, 2, 3, 0, 1, 3];
const written = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4];

/** 5 authors, renumbered, and 6 papers; author 4 and paper 5 have no edges. The edges in another order where asked for. */
function example(generator: Generator, authors: readonly number[], reversed: boolean) {
  const turned = (list: number[]): number[] => (reversed ? list.toReversed() : list);
  const of = (list: number[]): number[] => turned(list).map((author) => authors[author]!);
  const x: Record<string, tf.Tensor> = {
    author: tf.gather(
      normalTensor([5, 3], 0, 1, generator),
      authors.map((_, i) => authors.indexOf(i)),
    ),
    paper: normalTensor([6, 4], 0, 1, generator),
  };
  const edges: Record<string, EdgeIndex> = {
    author__wrote__paper: new EdgeIndex([of(writers), turned(written)], [5, 6]),
    paper__written_by__author: new EdgeIndex([turned(written), of(writers)], [6, 5]),
    paper__cites__paper: new EdgeIndex([turned([1, 2, 2, 4]), turned([0, 0, 1, 3])], 6),
  };
  return {
    x,
    edges,
    [Symbol.dispose]() {
      tf.dispose(x);
      for (const index of Object.values(edges)) index.dispose();
    },
  };
}
const asTheyAre = [0, 1, 2, 3, 4];

describe.each(layers)('%s', (_, make) => {
  it('follows a renumbering of the nodes of one type, and not the order of edges or types', () => {
    const layer = make(new Generator(1)).eval();
    const renumbered = [2, 4, 0, 1, 3];
    using plain = example(new Generator(2), asTheyAre, false);
    using other = example(new Generator(2), renumbered, true);
    scope(() => {
      const ours = layer.forward(plain.x, plain.edges);
      const inAnotherOrder = Object.fromEntries(Object.entries(other.edges).toReversed());
      const theirs = layer.forward(other.x, inAnotherOrder);
      expectClose(tf.gather(theirs['author']!, renumbered), ours['author']!, { rtol: 1e-4, atol: 1e-5 });
      expectClose(theirs['paper']!, ours['paper']!, { rtol: 1e-4, atol: 1e-5 });
    });
    layer.dispose();
  });

  it('gives every parameter a gradient, and frees what it makes', () => {
    const layer = make(new Generator(1));
    using given = example(new Generator(2), asTheyAre, false);
    const step = (): void =>
      scope(() => {
        const { gradients } = valueAndGradients(() => {
          const { author, paper } = layer.forward(given.x, given.edges);
          return tf.add(tf.sum(tf.sin(author!)), tf.sum(tf.cos(paper!)));
        }, layer.parameters());
        for (const [name, parameter] of layer.namedParameters()) {
          // authors have one type of edge, and features narrower than the output
          if (name === 'skip.author') continue;
          const gradient = gradients.get(parameter);
          expect(gradient, name).toBeDefined();
          const largest = tf.max(tf.abs(gradient!)).dataSync()[0]!;
          expect(largest, `gradient of ${name}`).toBeGreaterThan(0);
          expect(largest, `gradient of ${name}`).toBeLessThan(Infinity);
        }
      });
    step();
    const before = tf.memory().numTensors;
    step();
    expect(tf.memory().numTensors).toBe(before);
    layer.dispose();
  });

  it('takes graphs without some types of edges, and says which it does not know', () => {
    const layer = make(new Generator(1));
    using given = example(new Generator(2), asTheyAre, false);
    scope(() => {
      const { paper } = layer.forward(given.x, { paper__cites__paper: given.edges['paper__cites__paper']! });
      expect(paper!.shape).toEqual([6, 4]);
      expect(tf.any(tf.isNaN(paper!)).dataSync()[0]).toBe(0);
    });
    const unknown = { author__knows__author: given.edges['paper__cites__paper']! };
    expect(() => layer.forward(given.x, unknown)).toThrow('not made for edges author__knows__author');
    expect(() => layer.forward({ paper: given.x['paper']! }, given.edges)).toThrow("features of the nodes 'author'");
    layer.dispose();
  });
});

describe('HGTConv of one type of nodes', () => {
  const edgeTypes: EdgeType[] = [['n', 'to', 'n']];
  keepsToLayerRules({
    make: (generator) => new HGTConv(4, 4, { nodeTypes: ['n'], edgeTypes }, { heads: 2, generator }),
    run: (layer, { x, edges }) => layer.forward({ n: x }, { n__to__n: edges })['n']!,
  });

  it('attends with the right weights also where scores are far from zero', () => {
    const layer = new HGTConv(2, 2, { nodeTypes: ['n'], edgeTypes }, { generator: new Generator(3) });
    const edges = new EdgeIndex(
      [
        [0, 1],
        [2, 2],
      ],
      3,
    );
    // every score is -400 times a positive number
    layer.p_rel.get('n__to__n').assign(tf.tensor2d([[-1e4]]));
    scope(() => {
      const y = layer.forward(
        {
          n: tf.tensor2d([
            [1, 0],
            [0, 1],
            [1, 1],
          ]),
        },
        { n__to__n: edges },
      )['n']!;
      expect(tf.any(tf.isNaN(y)).dataSync()[0]).toBe(0);
    });
    layer.dispose();
    edges.dispose();
  });
});
