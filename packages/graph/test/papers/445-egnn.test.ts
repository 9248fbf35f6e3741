import * as tf from '@tensorflow/tfjs-core';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, Linear, Module, ModuleList, normalTensor, scope, Sequential, SiLU } from '@hourglass/core';
import { capability, expectClose, useTestBackend } from '@hourglass/core/testing';
import { DistanceDecoder, EdgeIndex, EGNN, EGNNConv, type EGNNOptions } from '@hourglass/graph';
import { keepsToLayerRules } from '../layers/properties.js';
import { descend } from './descend.js';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

/** All pairs of different nodes of `count` systems of `size` nodes. */
function allPairs(size: number, count = 1): EdgeIndex {
  const [source, destination]: [number[], number[]] = [[], []];
  for (let system = 0; system < count; system++) {
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        if (i === j) continue;
        source.push(system * size + i);
        destination.push(system * size + j);
      }
    }
  }
  return new EdgeIndex([source, destination], size * count);
}

/** A random orthogonal matrix of determinant 1, or -1. */
function orthogonal(dimensions: number, reflect: boolean, generator: Generator): tf.Tensor2D {
  const rows: number[][] = [];
  while (rows.length < dimensions) {
    const row = Array.from({ length: dimensions }, () => generator.normal());
    for (let pass = 0; pass < 2; pass++) {
      for (const other of rows) {
        const along = row.reduce((sum, value, i) => sum + value * other[i]!, 0);
        row.forEach((_, i) => (row[i]! -= along * other[i]!));
      }
    }
    const length = Math.hypot(...row);
    rows.push(row.map((value) => value / length));
  }
  if (determinant(rows) < 0 !== reflect) rows[0] = rows[0]!.map((value) => -value);
  return tf.tensor2d(rows);
}

function determinant(rows: readonly number[][]): number {
  if (rows.length === 1) return rows[0]![0]!;
  return rows[0]!.reduce((sum, value, column) => {
    const rest = rows.slice(1).map((row) => row.filter((_, i) => i !== column));
    return sum + (column % 2 === 0 ? 1 : -1) * value * determinant(rest);
  }, 0);
}

const kinds: ReadonlyArray<readonly [string, Partial<EGNNOptions>]> = [
  ['coordinates', {}],
  ['velocities', { velocity: true }],
  ['inferred edges and bounded, normed pulls', { attention: true, tanh: true, normalize: true, coordsAgg: 'sum' }],
];

describe('EGNNConv', () => {
  keepsToLayerRules({
    make: (generator) => new EGNNConv(4, { edgeDim: 3, velocity: true, attention: true, generator }),
    run(layer, { x, edges, edgeAttr }) {
      const [pos, velocity] = [tf.slice(x, [0, 0], [-1, 3]), tf.slice(x, [0, 1], [-1, 3])];
      const next = layer.forward({ h: x, pos, velocity }, edges, edgeAttr);
      return tf.concat([next.h, next.pos, next.velocity!], 1);
    },
  });
});

describe('E(n) equivariant graph networks (445)', () => {
  describe.each(kinds)('%s', (_, options) => {
    it.each([
      [2, false],
      [3, false],
      [3, true],
      [5, false],
      [5, true],
    ])('move with a motion of %i dimensions, reflected: %s', (dimensions, reflect) => {
      const generator = new Generator(dimensions);
      const model = new EGNN({
        inChannels: 2,
        hiddenChannels: 16,
        outChannels: 3,
        numLayers: 3,
        edgeDim: 1,
        ...options,
        generator,
      });
      // pulls as large as those of a trained network
      for (const layer of model.gcl)
        layer
          .coord_mlp!.parameters()
          .at(-1)!
          .assign(normalTensor([16, 1], 0, 0.5, generator));
      const edges = allPairs(6);
      scope(() => {
        const h = normalTensor([6, 2], 0, 1, generator);
        const pos = normalTensor([6, dimensions], 0, 1, generator);
        const velocity = options.velocity === true ? normalTensor([6, dimensions], 0, 1, generator) : null;
        const attributes = normalTensor([edges.edges, 1], 0, 1, generator);
        const turn = orthogonal(dimensions, reflect, generator);
        const shift = normalTensor([1, dimensions], 0, 3, generator);
        const turned = (x: tf.Tensor): tf.Tensor => tf.matMul(x, turn);
        const plain = model.forward({ h, pos, velocity }, edges, attributes);
        const moved = model.forward(
          { h, pos: tf.add(turned(pos), shift), velocity: velocity && turned(velocity) },
          edges,
          attributes,
        );
        const bound = { rtol: 0, atol: 1e-4 };
        expectClose(moved.h, plain.h, bound);
        expectClose(moved.pos, tf.add(turned(plain.pos), shift), bound);
        if (velocity !== null) expectClose(moved.velocity!, turned(plain.velocity!), bound);
        // something moved at all
        expect(tf.max(tf.abs(tf.sub(plain.pos, pos))).dataSync()[0]).toBeGreaterThan(0.05);
      });
      edges.dispose();
      model.dispose();
    });
  });

  it('decodes edges from distances, all pairs as pairs by themselves', () => {
    const decoder = new DistanceDecoder();
    const edges = allPairs(4);
    scope(() => {
      const z = normalTensor([4, 3], 0, 1, new Generator(1));
      const all = tf.reshape(decoder.forwardAll(z), [16]);
      const places = Array.from(edges.source, (from, e) => from * 4 + edges.destination[e]!);
      expectClose(decoder.forward(z, edges), tf.gather(all, places), { atol: 1e-5 });
    });
    edges.dispose();
    decoder.dispose();
  });

  it('keeps what it is made of in a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'egnn-'));
    const model = new EGNN({ inChannels: 2, hiddenChannels: 8, outChannels: 1, numLayers: 2, velocity: true });
    await model.savePretrained(folder);
    const again = await EGNN.fromPretrained(folder);
    expect(again.config).toEqual(model.config);
    expectClose(again.gcl.at(1).coord_mlp!.parameters()[0]!.value, model.gcl.at(1).coord_mlp!.parameters()[0]!.value);
    rmSync(folder, { recursive: true });
    again.dispose();
    model.dispose();
  });

  it.skipIf(training.isMissing)(
    training.title('predict where charged bodies go better than a network that is not equivariant'),
    () => {
      const generator = new Generator(11);
      const [train, test] = [bodies(60, generator), bodies(60, generator)];
      const edges = allPairs(5, 60);
      const error = (predict: (system: Bodies) => tf.Tensor, system: Bodies): tf.Tensor =>
        tf.mean(tf.square(tf.sub(predict(system), system.later)));
      const tested = (module: Module, predict: (system: Bodies) => tf.Tensor): number => {
        descend(module, 150, () => error(predict, train), 5e-3);
        const result = scope(() => error(predict, test).dataSync()[0]!);
        module.dispose();
        return result;
      };
      const charges = { inChannels: 1, hiddenChannels: 24, outChannels: 1, numLayers: 2 };
      const equivariant = new EGNN({ ...charges, edgeDim: 1, velocity: true, generator });
      const plain = new PlainNetwork(24, 2, generator);
      const speed = (v: tf.Tensor): tf.Tensor => tf.sqrt(tf.sum(tf.square(v), 1, true));
      const ours = tested(
        equivariant,
        ({ pos, velocity, products }) =>
          equivariant.forward({ h: speed(velocity), pos, velocity }, edges, products).pos,
      );
      const theirs = tested(plain, (system) => plain.forward(system, edges));
      const still = scope(() => error(({ pos, velocity }) => tf.add(pos, velocity), test).dataSync()[0]!);
      console.log(
        `MSE of places: EGNN ${ours.toFixed(4)}, not equivariant ${theirs.toFixed(4)}, straight on ${still.toFixed(4)}`,
      );
      expect(ours).toBeLessThan(theirs * 0.7);
      expect(ours).toBeLessThan(still * 0.7);
      for (const system of [train, test]) tf.dispose(Object.values(system) as tf.Tensor[]);
      edges.dispose();
    },
  );
});

/** Systems of 5 bodies with charges of ±1, and where they are a unit of time later. All tensors [bodies, …]. */
interface Bodies {
  readonly pos: tf.Tensor;
  readonly velocity: tf.Tensor;
  /** Of the charges at both ends of each pair. */
  readonly products: tf.Tensor;
  readonly later: tf.Tensor;
}

function bodies(systems: number, generator: Generator): Bodies {
  const [size, dt, steps] = [5, 0.01, 100];
  const [first, speeds, products, later]: number[][][] = [[], [], [], []];
  for (let system = 0; system < systems; system++) {
    const draw = (scale: number): number[][] =>
      Array.from({ length: size }, () => Array.from({ length: 3 }, () => generator.normal(0, scale)));
    const [pos, velocity] = [draw(1), draw(0.5)];
    const charge = Array.from({ length: size }, () => (generator.uniform(0, 1) < 0.5 ? -1 : 1));
    first!.push(...pos.map((row) => [...row]));
    speeds!.push(...velocity.map((row) => [...row]));
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) if (i !== j) products!.push([charge[i]! * charge[j]!]);
    }
    for (let step = 0; step < steps; step++) {
      const force = pos.map((at, i) =>
        [0, 1, 2].map((axis) =>
          pos.reduce((sum, other, j) => {
            if (i === j) return sum;
            const squared = at.reduce((s, value, a) => s + (value - other[a]!) ** 2, 0.3);
            return sum + (charge[i]! * charge[j]! * (at[axis]! - other[axis]!)) / squared ** 1.5;
          }, 0),
        ),
      );
      pos.forEach((at, i) => {
        for (let axis = 0; axis < 3; axis++) {
          velocity[i]![axis]! += dt * force[i]![axis]!;
          at[axis]! += dt * velocity[i]![axis]!;
        }
      });
    }
    later!.push(...pos);
  }
  const tensor = (rows: number[][]): tf.Tensor => tf.tensor2d(rows);
  return { pos: tensor(first!), velocity: tensor(speeds!), products: tensor(products!), later: tensor(later!) };
}

/** Message passing that sees coordinates and velocities as features: the same networks without the equivariant update. */
class PlainNetwork extends Module {
  readonly embedding: Linear;
  readonly layers: ModuleList<EGNNConv>;
  readonly decoder: Sequential;

  constructor(width: number, depth: number, generator: Generator) {
    super();
    this.embedding = new Linear(7, width, { generator });
    this.layers = new ModuleList(
      Array.from({ length: depth }, () => new EGNNConv(width, { edgeDim: 1, updateCoordinates: false, generator })),
    );
    this.decoder = new Sequential(
      new Linear(width, width, { generator }),
      new SiLU(),
      new Linear(width, 3, { generator }),
    );
  }

  forward({ pos, velocity, products }: Bodies, edges: EdgeIndex): tf.Tensor {
    return scope(() => {
      const speed = tf.sqrt(tf.sum(tf.square(velocity), 1, true));
      let h = this.embedding.forward(tf.concat([pos, velocity, speed], 1));
      for (const layer of this.layers) h = layer.forward({ h, pos }, edges, products).h;
      return tf.add(pos, this.decoder.forward(h));
    });
  }
}
