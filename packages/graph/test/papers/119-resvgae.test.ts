import { Generator } from '@hourglass/core';
import { capability, useTestBackend } from '@hourglass/core/testing';
import {
  createGraphAutoencoder,
  evaluateLinkPrediction,
  gaeLinkSplit,
  randomLinkSplit,
  trainLinkPrediction,
} from '@hourglass/graph';
import { beforeAll, describe, expect, it } from 'vitest';
import { communities } from '../generated.js';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

describe('ResVGAE (119)', () => {
  it.skipIf(training.isMissing)(
    training.title('a VGAE loses precision with depth, and less of it with residual modules'),
    async () => {
      const whole = communities({ nodes: 200, within: 0.3, between: 0.01 });
      const split = randomLinkSplit(whole, { ...gaeLinkSplit, test: 0.15, generator: new Generator(6) });
      const {
        train: { graph },
        test,
      } = split;
      const precision = async (layers: number, residual: boolean): Promise<number> => {
        let sum = 0;
        for (const seed of [1, 2, 3]) {
          const hiddenChannels = Array.from({ length: layers }, () => 16);
          const encoder = { type: 'gcn', inChannels: 8, hiddenChannels, outChannels: 8, residual };
          const model = createGraphAutoencoder({ kind: 'vgae', encoder }, new Generator(seed));
          await trainLinkPrediction(model, graph, { epochs: 60, seed });
          sum += (await evaluateLinkPrediction(model, test)).ap;
          model.dispose();
        }
        return sum / 3;
      };
      const [shallow, deep, residual] = [
        await precision(1, false),
        await precision(8, false),
        await precision(8, true),
      ];
      console.log(
        `AP: ${shallow.toFixed(3)} one layer, ${deep.toFixed(3)} eight, ${residual.toFixed(3)} with residuals`,
      );
      expect(deep).toBeLessThan(shallow - 0.1);
      expect(residual).toBeGreaterThan(deep + 0.05);
      graph.dispose();
    },
  );
});
