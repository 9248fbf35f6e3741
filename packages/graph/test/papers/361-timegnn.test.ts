import * as tf from '@tensorflow/tfjs-core';
import { Generator, scope } from '@hourglass/core';
import { capability, expectClose, expectGradient, useTestBackend } from '@hourglass/core/testing';
import { EdgeIndex, sobolevSmoothness, temporalDifference, TimeGNN, trainOnWholeGraph } from '@hourglass/graph';
import { beforeAll, describe, expect, it } from 'vitest';
import { keepsToLayerRules } from '../layers/properties.js';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

const [nodes, times] = [80, 30];

interface Sensors {
  readonly edges: EdgeIndex;
  /** float32 [nodes, nodes] */
  readonly laplacian: tf.Tensor2D;
}

/** Sensors at random places, each with edges to and from its nearest neighbours. */
function sensors(generator: Generator, neighbours = 5): Sensors {
  const at = Array.from({ length: nodes }, () => [generator.uniform(), generator.uniform()] as const);
  const pairs = new Set<number>();
  at.forEach(([x, y], u) => {
    const order = [...at.keys()].sort(
      (a, b) => Math.hypot(at[a]![0] - x, at[a]![1] - y) - Math.hypot(at[b]![0] - x, at[b]![1] - y),
    );
    for (const v of order.slice(1, neighbours + 1)) pairs.add(u * nodes + v).add(v * nodes + u);
  });
  const ends = [...pairs].map((pair) => [Math.floor(pair / nodes), pair % nodes] as const);
  const edges = new EdgeIndex([ends.map(([u]) => u), ends.map(([, v]) => v)], nodes);
  const values = new Float32Array(nodes * nodes);
  for (const [u, v] of ends) {
    values[u * nodes + v] = -1;
    values[u * nodes + u]!++;
  }
  return { edges, laplacian: tf.tensor2d(values, [nodes, nodes]) };
}

/**
 * Sums of steps in time. Steps that are smooth on the graph are what solvers of smooth differences assume. The others are rough, between
 * neighbours, and swing to and fro, so that the assumption fails.
 */
function signals({ laplacian }: Sensors, rough: boolean, generator: Generator): tf.Tensor2D {
  return scope(() => {
    const noise = tf.tensor2d(
      Float32Array.from({ length: nodes * times }, () => generator.normal()),
      [nodes, times],
    );
    let steps: tf.Tensor = noise;
    const largest = 16;
    for (let i = 0; i < (rough ? 12 : 5); i++) {
      const bent = tf.div(tf.matMul(laplacian, steps as tf.Tensor2D), largest);
      steps = rough ? bent : tf.sub(steps, bent);
      steps = tf.div(steps, tf.sqrt(tf.mean(tf.square(steps))));
    }
    const signs = Float32Array.from({ length: times }, (_, t) => (rough && t % 2 === 1 ? -1 : 1));
    const x = tf.mul(tf.cumsum(steps, 1), tf.tensor1d(signs));
    return tf.div(x, tf.sqrt(tf.mean(tf.square(x)))) as tf.Tensor2D;
  });
}

/** Least (known (x - y))² + λ · roughness by conjugate gradients; the roughness is that of the signal or of its changes in time. */
function smoothest(
  y: tf.Tensor,
  known: tf.Tensor,
  laplacian: tf.Tensor2D,
  lambda: number,
  ofChanges: boolean,
): tf.Tensor {
  return scope(() => {
    const operator = tf.tensor2d(
      Float32Array.from({ length: times * times }, (_, i) => {
        const [row, column] = [Math.floor(i / times), i % times];
        if (!ofChanges) return row === column ? 1 : 0;
        if (row === column) return row === 0 || row === times - 1 ? 1 : 2;
        return Math.abs(row - column) === 1 ? -1 : 0;
      }),
      [times, times],
    );
    const apply = (x: tf.Tensor): tf.Tensor =>
      tf.add(tf.mul(known, x), tf.mul(tf.matMul(tf.matMul(laplacian, x as tf.Tensor2D), operator), lambda));
    let x: tf.Tensor = tf.zeros([nodes, times]);
    let residual = tf.mul(known, y);
    let direction = residual;
    let size = tf.sum(tf.square(residual));
    for (let step = 0; step < 60; step++) {
      const applied = apply(direction);
      const length = tf.div(size, tf.maximum(tf.sum(tf.mul(direction, applied)), 1e-20));
      x = tf.add(x, tf.mul(direction, length));
      residual = tf.sub(residual, tf.mul(applied, length));
      const next = tf.sum(tf.square(residual));
      direction = tf.add(residual, tf.mul(direction, tf.div(next, tf.maximum(size, 1e-20))));
      size = next;
    }
    return x;
  });
}

describe('TimeGNN (361)', () => {
  keepsToLayerRules({
    make: (generator) => new TimeGNN({ times: 4, hiddenChannels: [5, 3], orders: 3, generator }),
    run: (model, { x, edges }) => model.forward(x, tf.onesLike(x), edges),
  });

  it('smoothness is the quadratic form of the Laplacian, of changes in time', () => {
    const { edges, laplacian } = sensors(new Generator(1));
    scope(() => {
      const x = tf.tensor2d(
        Float32Array.from({ length: nodes * 3 }, () => new Generator(2).normal()),
        [nodes, 3],
      );
      const changes = temporalDifference(x);
      expect(changes.shape).toEqual([nodes, 2]);
      const matrix = tf.add(laplacian, tf.mul(tf.eye(nodes), 0.1)) as tf.Tensor2D;
      const twice = tf.matMul(matrix, tf.matMul(matrix, x));
      expectClose(sobolevSmoothness(x, edges, { power: 2 }), tf.div(tf.sum(tf.mul(x, twice)), x.size), { rtol: 1e-4 });
      expectGradient((x) => sobolevSmoothness(x, edges), [tf.slice(x, 0)], { wrt: [0] });
      expect(() => sobolevSmoothness(x, edges, { power: 0.5 })).toThrow('whole number');
    });
    laplacian.dispose();
    edges.dispose();
  });

  it.skipIf(training.isMissing)(
    training.title('recovers hidden values better than Tikhonov, and than smooth differences where changes are rough'),
    async () => {
      const table: Record<string, Record<string, number>> = {};
      for (const rough of [false, true]) {
        const generator = new Generator(5);
        const graph = sensors(generator);
        const x = signals(graph, rough, generator);
        const drawn = (mask: (i: number) => number): tf.Tensor =>
          tf.tensor2d(
            Float32Array.from({ length: nodes * times }, (_, i) => mask(i)),
            [nodes, times],
          );
        const mask = Array.from({ length: nodes * times }, () => (generator.uniform() < 0.6 ? 1 : 0));
        const chooses = mask.map((bit) => (bit === 1 && generator.uniform() < 0.1 ? 1 : 0));
        const sensed = tf.add(
          x,
          drawn(() => generator.normal(0, 0.2)),
        );
        const [known, choosing, learning] = [
          drawn((i) => mask[i]!),
          drawn((i) => chooses[i]!),
          drawn((i) => mask[i]! - chooses[i]!),
        ];
        const hidden = tf.sub(1, known!);
        const rmse = (recovered: tf.Tensor, where = hidden, truth: tf.Tensor = x): number =>
          scope(() => {
            const errors = tf.mul(tf.squaredDifference(recovered, truth), where);
            return Math.sqrt(tf.div(tf.sum(errors), tf.sum(where)).dataSync()[0]!);
          });
        // with the weight that is best for the values that nobody knows
        const best = (ofChanges: boolean): number =>
          Math.min(
            ...[0.001, 0.01, 0.1, 0.5, 2].map((l) =>
              scope(() => rmse(smoothest(sensed, known!, graph.laplacian, l, ofChanges))),
            ),
          );
        const learned = async (orders: number, smoothness: number): Promise<{ error: number; chosenBy: number }> => {
          const model = new TimeGNN({ times, hiddenChannels: [32], orders, generator: new Generator(6) });
          const recover = (): tf.Tensor => model.forward(sensed, learning!, graph.edges);
          await trainOnWholeGraph(
            model,
            (model) => model.loss(recover(), sensed, learning!, graph.edges, { smoothness }),
            { epochs: 80, learningRate: 0.01, weightDecay: 3e-3 },
          );
          const recovered = recover();
          const result = { error: rmse(recovered), chosenBy: rmse(recovered, choosing!, sensed) };
          recovered.dispose();
          model.dispose();
          return result;
        };
        // the weight of the smoothness is chosen by known values that are held back
        const [without, smooth] = [await learned(3, 0), await learned(3, 0.1)];
        const chosen = smooth.chosenBy < without.chosenBy ? smooth : without;
        table[rough ? 'rough' : 'smooth'] = {
          TimeGNN: chosen.error,
          'TimeGNN without smoothness': without.error,
          ...(rough ? {} : { 'TimeGNN without neighbours': (await learned(1, 0.1)).error }),
          Tikhonov: best(false),
          differences: best(true),
        };
        tf.dispose([x, sensed, known!, choosing!, learning!, hidden, graph.laplacian]);
        graph.edges.dispose();
      }
      console.log(table);
      const { smooth, rough } = table as Record<'smooth' | 'rough', (typeof table)[string]>;
      expect(smooth['TimeGNN']).toBeLessThan(0.85 * smooth['Tikhonov']!);
      expect(smooth['TimeGNN']).toBeLessThan(0.85 * smooth['TimeGNN without smoothness']!);
      expect(smooth['TimeGNN']).toBeLessThan(0.9 * smooth['TimeGNN without neighbours']!);
      expect(rough['TimeGNN']).toBeLessThan(0.6 * rough['differences']!);
      expect(rough['TimeGNN']).toBeLessThan(0.6 * rough['Tikhonov']!);
    },
  );
});
