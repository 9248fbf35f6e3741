import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, scope, uniformTensor } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import { CorrectAndSmooth, EdgeIndex, LabelPropagation, labelRows, propagateLabels } from '@hourglass/graph';

beforeAll(() => useTestBackend('wasm'));

/** Two rings of five nodes joined by an edge, in both directions, and a node alone. */
function rings(): EdgeIndex {
  const pairs = [0, 5].flatMap((first) => [0, 1, 2, 3, 4].map((i) => [first + i, first + ((i + 1) % 5)]));
  pairs.push([0, 5]);
  const [a, b] = [pairs.map((pair) => pair[0]!), pairs.map((pair) => pair[1]!)];
  return new EdgeIndex([[...a, ...b], [...b, ...a]], 11); // prettier-ignore
}

const classes = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1];

describe('label propagation', () => {
  it('reaches the ring of each known label, and no node alone', () => {
    const edges = rings();
    const mask = [...classes.keys()].map((node) => node === 2 || node === 7);
    scope(() => {
      const y = new LabelPropagation(20, 0.9).forward(labelRows(classes, 2), edges, { mask });
      expect([...tf.argMax(y, 1).dataSync()].slice(0, 10)).toEqual(classes.slice(0, 10));
      expect([...tf.slice(y, 10).dataSync()]).toEqual([0, 0]);
      // rounds of none leave the known labels
      const none = new LabelPropagation(0, 0.9).forward(labelRows(classes, 2), edges, { mask });
      expect(tf.sum(none).dataSync()[0]).toBe(2);
    });
    edges.dispose();
  });

  it('follows a renumbering of the nodes, and takes weights', () => {
    const edges = rings();
    const renamed = new Generator(1).permutation(11);
    const other = new EdgeIndex(
      [edges.source.map((node) => renamed[node]!), edges.destination.map((node) => renamed[node]!)],
      11,
    );
    scope(() => {
      const y = uniformTensor([11, 3], 0, 1, new Generator(2));
      const inverse = Array.from(renamed, (_, node) => renamed.indexOf(node));
      const settings = { numLayers: 4, alpha: 0.7 };
      expectClose(
        tf.gather(propagateLabels(tf.gather(y, inverse), other, settings), Int32Array.from(renamed)),
        propagateLabels(y, edges, settings),
        { rtol: 1e-5, atol: 1e-6 },
      );
      const still = propagateLabels(y, edges, { ...settings, edgeWeight: tf.zeros([edges.edges]), postStep: (x) => x });
      expectClose(still, tf.mul(y, 0.3), { rtol: 1e-5 });
    });
    edges.dispose();
    other.dispose();
  });
});

describe('CorrectAndSmooth', () => {
  it('repairs predictions of a model that is wrong on a ring', () => {
    const edges = rings();
    const mask = Uint8Array.from(classes, (_, node) => ([0, 3, 6, 8].includes(node) ? 1 : 0));
    const known = [0, 0, 1, 1];
    scope(() => {
      // the second ring is predicted as the first
      const soft = tf.tensor2d(classes.map(() => [0.7, 0.3]));
      for (const autoscale of [true, false]) {
        const model = new CorrectAndSmooth({
          numCorrectionLayers: 10,
          correctionAlpha: 0.8,
          numSmoothingLayers: 5,
          smoothingAlpha: 0.6,
          autoscale,
        });
        const y = model.forward(soft, known, mask, edges);
        expect([...tf.argMax(y, 1).dataSync()].slice(0, 10), `autoscale ${autoscale}`).toEqual(classes.slice(0, 10));
        const corrected = model.correct(soft, known, mask, edges);
        // what no edge reaches is not corrected
        expectClose(tf.slice(corrected, 10), tf.slice(soft, 10), { rtol: 1e-6 });
      }
    });
    edges.dispose();
  });

  it('refuses what does not fit, and does nothing without known classes', () => {
    const edges = rings();
    const model = new CorrectAndSmooth({
      numCorrectionLayers: 2,
      correctionAlpha: 0.5,
      numSmoothingLayers: 0,
      smoothingAlpha: 0.5,
    });
    scope(() => {
      const soft = tf.ones([11, 2]);
      const none = new Uint8Array(11);
      expectClose(model.correct(soft, [], none, edges), soft, { atol: 0 });
      expect(() => model.correct(soft, [1], none, edges)).toThrow(/the mask marks 0 nodes, but there are classes of 1/);
      expect(() => model.correct(soft, [], new Uint8Array(3), edges)).toThrow(
        /a mask of 11 nodes has an entry for each, got 3/,
      );
      expect(() =>
        model.smooth(
          soft,
          [2],
          Uint8Array.from(none, (_, i) => (i === 0 ? 1 : 0)),
          edges,
        ),
      ).toThrow(/labels: number 0 is 2, there are 2 classes/);
      expect(() => propagateLabels(soft, edges, { numLayers: 1, alpha: 1.2 })).toThrow(/alpha must be in \[0, 1\]/);
      expect(() => propagateLabels(tf.ones([3, 2]), edges, { numLayers: 1, alpha: 1 })).toThrow(
        /labels must be \[11, classes\]/,
      );
    });
    edges.dispose();
  });
});
