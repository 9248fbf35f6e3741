import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { Generator, normalTensor, scope, valueAndGradients, type Module } from '@hourglass/core';
import { expectClose } from '@hourglass/core/testing';
import { EdgeIndex, TypedEdges } from '@hourglass/graph';

/** A graph that a layer is tried on. */
export interface Example {
  readonly x: tf.Tensor;
  readonly edges: EdgeIndex;
  /** float32 [edges, edgeWidth] */
  readonly edgeAttr: tf.Tensor;
  /** The edges with their types, of which there are 3. */
  readonly typed: TypedEdges;
}

export interface LayerFacts<M extends Module> {
  readonly make: (generator: Generator) => M;
  readonly run: (layer: M, example: Example) => tf.Tensor;
  /** Width of the nodes' features. Default 4. */
  readonly width?: number;
  /** Width of the edges' attributes. Default 3. */
  readonly edgeWidth?: number;
  /** Names of parameters that have no gradient here, each with the reason in a comment. */
  readonly withoutGradient?: readonly string[];
  /** A layer that gives values of edges or of graphs rather than of nodes. Default `nodes`. */
  readonly gives?: 'nodes' | 'graph';
}

const nodes = 9;
// a duplicate, two self loops, and two nodes without edges
const source = [0, 1, 2, 3, 4, 5, 0, 1, 2, 6, 6, 3, 3, 5, 2, 2];
const destination = [1, 2, 3, 4, 5, 0, 2, 0, 2, 6, 1, 0, 0, 1, 5, 4];

/**
 * What every layer on graphs keeps to: renumbering the nodes renumbers the output, the order of the edges does not matter, every
 * parameter gets a gradient, and nothing leaks.
 */
export function keepsToLayerRules<M extends Module>(facts: LayerFacts<M>): void {
  const { make, run, width = 4, edgeWidth = 3, withoutGradient = [], gives = 'nodes' } = facts;

  const values = (): { x: tf.Tensor; attributes: tf.Tensor } => {
    const generator = new Generator(7);
    return {
      x: normalTensor([nodes, width], 0, 1, generator),
      attributes: normalTensor([source.length, edgeWidth], 0, 1, generator),
    };
  };

  /** The example with node i called renamed[i] and edges in this order. */
  function example(renamed: readonly number[], order: readonly number[]): Example & Disposable {
    const { x, attributes } = values();
    const inverse = renamed.map((_, node) => renamed.indexOf(node));
    const edges = new EdgeIndex(
      [order.map((e) => renamed[source[e]!]!), order.map((e) => renamed[destination[e]!]!)],
      nodes,
    );
    const example = {
      x: tf.gather(x, inverse),
      edges,
      edgeAttr: tf.gather(attributes, [...order]),
      typed: new TypedEdges(
        edges,
        order.map((e) => e % 3),
        3,
      ),
    };
    tf.dispose([x, attributes]);
    return {
      ...example,
      [Symbol.dispose]() {
        tf.dispose([example.x, example.edgeAttr]);
        example.typed.dispose();
        example.edges.dispose();
      },
    };
  }

  const nodesInOrder = Array.from({ length: nodes }, (_, node) => node);
  const edgesInOrder = source.map((_, e) => e);
  const renamed = [4, 2, 8, 0, 6, 1, 3, 7, 5];
  const shuffled = edgesInOrder.map((e) => (e * 5 + 3) % edgesInOrder.length);

  it('follows a renumbering of the nodes, and not the order of the edges', () => {
    const layer = make(new Generator(1)).eval();
    using plain = example(nodesInOrder, edgesInOrder);
    using other = example(renamed, shuffled);
    scope(() => {
      const [ours, theirs] = [run(layer, plain), run(layer, other)];
      expectClose(gives === 'nodes' ? tf.gather(theirs, renamed) : theirs, ours, { rtol: 1e-4, atol: 1e-5 });
    });
    layer.dispose();
  });

  it('gives every parameter a gradient, and frees what it makes', () => {
    const layer = make(new Generator(1));
    using given = example(nodesInOrder, edgesInOrder);
    const step = (): void =>
      scope(() => {
        const direction = (y: tf.Tensor): tf.Tensor => normalTensor(y.shape, 0, 1, new Generator(3));
        const { gradients } = valueAndGradients(() => {
          const y = run(layer, given);
          return tf.sum(tf.mul(y, direction(y)));
        }, layer.parameters());
        for (const [name, parameter] of layer.namedParameters()) {
          if (withoutGradient.includes(name)) continue;
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
}
