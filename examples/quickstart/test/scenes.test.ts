import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { metrics } from '@hourglass/core';
import { openSegmentationDataset } from '@hourglass/vision/node';
import { sceneAt, sceneClasses, sceneDataset, writeDataset } from '../src/scenes/index.js';

const folder = mkdtempSync(join(tmpdir(), 'scenes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('street scenes', () => {
  const scenes = Array.from({ length: 40 }, (_, i) => sceneAt(3, i));

  it('are the same again from the same seed, and others from another', () => {
    const again = sceneAt(3, 7);
    expect(Buffer.compare(again.image.data, scenes[7]!.image.data)).toBe(0);
    expect(Buffer.compare(again.mask.data as Uint8Array, scenes[7]!.mask.data as Uint8Array)).toBe(0);
    const others = [sceneAt(3, 8), sceneAt(4, 7)];
    for (const other of others) expect(Buffer.compare(other.image.data, again.image.data)).not.toBe(0);
    const distinct = new Set(scenes.map(({ image }) => Buffer.from(image.data).toString('base64')));
    expect(distinct.size).toBe(scenes.length);
  });

  it('hold every class often, and nothing else', () => {
    const counts = new Float64Array(256);
    const present = new Float64Array(256);
    for (const { mask } of scenes) {
      for (const id of mask.data) counts[id]!++;
      for (const id of new Set(mask.data)) present[id]!++;
    }
    const { classes } = sceneClasses;
    expect(counts.subarray(classes.length).every((count) => count === 0)).toBe(true);
    for (let id = 0; id < classes.length; id++) {
      expect(present[id]! / scenes.length, `${classes[id]} in scenes`).toBeGreaterThan(0.7);
      expect(counts[id]! / (scenes.length * 96 * 64), `share of ${classes[id]}`).toBeGreaterThan(0.02);
    }
  });

  it('cannot be told apart by colour alone', () => {
    const { classes } = sceneClasses;
    // the mean colour of each class in half of the scenes names the pixels of the other half
    const sums = classes.map(() => [0, 0, 0, 0]);
    for (const { image, mask } of scenes.slice(0, 20)) {
      mask.data.forEach((id, i) => {
        for (let c = 0; c < 3; c++) sums[id]![c]! += image.data[i * 3 + c]!;
        sums[id]![3]!++;
      });
    }
    const means = sums.map(([r, g, b, n]) => [r! / n!, g! / n!, b! / n!]);
    const matrix = new metrics.ConfusionMatrix({ classes: classes.length });
    for (const { image, mask } of scenes.slice(20)) {
      const nearest = Array.from(mask.data, (_, i) => {
        const distances = means.map((mean) => mean.reduce((sum, m, c) => sum + (m - image.data[i * 3 + c]!) ** 2, 0));
        return distances.indexOf(Math.min(...distances));
      });
      matrix.update(nearest, mask.data);
    }
    expect(matrix.compute().meanIou).toBeLessThan(0.4);
  });

  it('come in other sizes', () => {
    const { image, mask } = sceneAt(0, 0, { width: 50, height: 40 });
    expect([image.width, image.height, image.data.length, mask.data.length]).toEqual([50, 40, 6000, 2000]);
    expect(() => sceneAt(0, 0, { width: 8 })).toThrow(/at least 16 × 16 pixels, got 8 × 64/);
  });

  it('are written as a folder that opens as a data set', async () => {
    await writeDataset(folder, 4, 3);
    const dataset = await openSegmentationDataset(folder, { split: 'all' });
    expect([dataset.classes, dataset.palette]).toEqual([sceneClasses.classes, sceneClasses.palette]);
    const memory = sceneDataset(2, 3, { first: 2 });
    for (const i of [0, 1]) {
      const [read, drawn] = [await dataset.get(i + 2), await memory.get(i)];
      expect(read.name).toBe(drawn.name);
      expect(Buffer.compare(read.image.data, drawn.image.data)).toBe(0);
      expect(Buffer.compare(read.mask.data as Uint8Array, drawn.mask.data as Uint8Array)).toBe(0);
    }
    expect(await dataset.verify()).toHaveLength(8);
  });
});
