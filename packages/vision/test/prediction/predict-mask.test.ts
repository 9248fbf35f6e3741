import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, normalTensor } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { imagesToTensor, predictMask, type MaskPredictor, type RgbImage } from '@hourglass/vision';

let network: Network;

beforeAll(async () => {
  await useTestBackend('cpu');
  network = new Network();
});

function randomImage(width: number, height: number, seed = 1): RgbImage {
  const generator = new Generator(seed);
  return {
    width,
    height,
    channels: 3,
    data: Uint8Array.from({ length: width * height * 3 }, () => generator.integer(0, 256)),
  };
}

/** Shrinks by 4, mixes the surroundings, and enlarges: a small network with a receptive field of about 20 pixels. */
class Network implements MaskPredictor {
  readonly outputStride = 4;
  training = true;
  readonly sizes: number[][] = [];
  readonly wasTraining: boolean[] = [];
  readonly #weight: tf.Tensor4D;

  constructor(readonly classes = 3) {
    this.#weight = tf.tidy(() => normalTensor([3, 3, 3, classes], 0, 1, new Generator(2)) as tf.Tensor4D);
  }

  train(mode = true): void {
    this.training = mode;
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    this.sizes.push(x.shape);
    this.wasTraining.push(this.training);
    return tf.tidy(() => {
      const small = tf.avgPool(x, 4, 4, 'valid');
      const mixed = tf.conv2d(small, this.#weight, 1, 'same');
      return tf.image.resizeBilinear(mixed, [x.shape[1], x.shape[2]], false, true);
    });
  }

  dispose(): void {
    this.#weight.dispose();
  }
}

async function plain(network: Network, image: RgbImage): Promise<Float32Array> {
  const y = tf.tidy(() => tf.softmax(network.forward(imagesToTensor([image]))));
  const values = (await y.data()) as Float32Array;
  y.dispose();
  return values;
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

describe('predictMask', () => {
  it('is the plain forward pass when the picture fits into one tile', async () => {
    const image = randomImage(32, 24);
    const { mask, probabilities, classes } = await predictMask(network, image, { tile: 32, probabilities: true });
    expect(classes).toBe(3);
    expect(network.sizes.at(-1)).toEqual([1, 24, 32, 3]);
    const expected = await plain(network, image);
    expect(distance(probabilities!, expected)).toBeLessThan(1e-6);
    const best = Array.from(mask.data, (_, i) => {
      const row = [...expected.subarray(i * 3, i * 3 + 3)];
      return row.indexOf(Math.max(...row));
    });
    expect([...mask.data]).toEqual(best);
  });

  it('equals the plain pass where tiles overlap by more than the network sees', async () => {
    const image = randomImage(112, 84);
    const expected = await plain(network, image);
    for (const batchSize of [1, 3]) {
      const { probabilities, mask } = await predictMask(network, image, {
        tile: 64,
        overlap: 32,
        margin: 12,
        batchSize,
        probabilities: true,
      });
      expect(distance(probabilities!, expected)).toBeLessThan(2e-6);
      expect(mask.data).toHaveLength(112 * 84);
    }
    expect(Math.max(...network.sizes.map((shape) => shape[0]!))).toBe(3);
  });

  it('has no seams: a smooth picture stays smooth with any overlap', async () => {
    const smooth: MaskPredictor = {
      outputStride: 1,
      // the score depends on the tile's own left edge, as that of a network without context would
      forward: (x) =>
        tf.tidy(() =>
          tf.tile(tf.reshape(tf.mul(tf.range(0, x.shape[2]), 0.2), [1, 1, -1, 1]), [x.shape[0], x.shape[1], 1, 1]),
        ),
    };
    const { probabilities } = await predictMask(smooth, randomImage(90, 4), {
      tile: 30,
      overlap: 15,
      margin: 0,
      probabilities: true,
    });
    const row = Array.from({ length: 90 }, (_, x) => probabilities![x * 2 + 1]!);
    const jumps = row.slice(1).map((value, i) => Math.abs(value - row[i]!));
    expect(Math.max(...jumps)).toBeLessThan(0.12);
  });

  it('pads what the stride does not divide, and gives the size that came in', async () => {
    for (const [width, height] of [
      [30, 21],
      [1, 1],
      [5, 70],
      [67, 3],
    ] as const) {
      const { mask, probabilities } = await predictMask(network, randomImage(width, height), {
        tile: 32,
        probabilities: true,
      });
      expect([mask.width, mask.height, mask.data.length]).toEqual([width, height, width * height]);
      for (let i = 0; i < width * height; i++) {
        const [a, b, c] = probabilities!.subarray(i * 3, i * 3 + 3);
        expect(a! + b! + c!).toBeCloseTo(1, 5);
      }
    }
    expect(network.sizes.every(([, h, w]) => h! % 4 === 0 && w! % 4 === 0 && h! <= 112 && w! <= 112)).toBe(true);
  });

  it('averages the mirrored picture on request', async () => {
    const image = randomImage(16, 8);
    const mirrored = { ...image, data: image.data.slice() };
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 16; x++) {
        const from = (y * 16 + 15 - x) * 3;
        mirrored.data.set(image.data.subarray(from, from + 3), (y * 16 + x) * 3);
      }
    }
    const [a, b] = await Promise.all(
      [image, mirrored].map((picture) => predictMask(network, picture, { flip: true, probabilities: true })),
    );
    const back = Float32Array.from(b!.probabilities!, (_, i) => {
      const [pixel, c] = [Math.floor(i / 3), i % 3];
      const [y, x] = [Math.floor(pixel / 16), pixel % 16];
      return b!.probabilities![(y * 16 + 15 - x) * 3 + c]!;
    });
    expect(distance(a!.probabilities!, back)).toBeLessThan(1e-6);
  });

  it('understands one channel as the second of two classes, and enlarges small logits', async () => {
    const single: MaskPredictor = {
      outputStride: 2,
      forward: (x) =>
        tf.tidy(() => tf.sub(tf.mul(tf.avgPool(tf.slice(x, [0, 0, 0, 0], [-1, -1, -1, 1]), 2, 2, 'valid'), 10), 1)),
    };
    const image = randomImage(8, 4);
    image.data.fill(0, 0, 8 * 2 * 3);
    image.data.fill(255, 8 * 2 * 3);
    const { mask, classes } = await predictMask(single, image);
    expect(classes).toBe(2);
    expect([...mask.data.subarray(0, 8), ...mask.data.subarray(24)]).toEqual([
      ...Array(8).fill(0),
      ...Array(8).fill(1),
    ]);
  });

  it('evaluates, puts training back, reports progress, stops when asked, and leaks nothing, also when it throws', async () => {
    network.train(true);
    const image = randomImage(70, 50);
    const before = tf.memory().numTensors;
    const seen: string[] = [];
    await predictMask(network, image, { tile: 32, onProgress: ({ done, total }) => seen.push(`${done}/${total}`) });
    expect(seen.at(-1)).toBe(`${seen.length}/${seen.length}`);
    expect(network.wasTraining.slice(-seen.length).every((training) => !training)).toBe(true);
    expect(network.training).toBe(true);
    const controller = new AbortController();
    const stopped = predictMask(network, image, {
      tile: 32,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(stopped).rejects.toThrow(/abort/i);
    const broken: MaskPredictor = {
      forward(x) {
        tf.add(x, 1);
        throw new Error('broken');
      },
    };
    await expect(predictMask(broken, image)).rejects.toThrow('broken');
    const flat: MaskPredictor = { outputStride: 2, forward: (x) => tf.mean(x, 3) };
    await expect(predictMask(flat, image)).rejects.toThrow(/into logits \[N, H, W, classes\], got \[1, 50, 70\]/);
    expect(network.training).toBe(true);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says which option is wrong', async () => {
    const image = randomImage(8, 8);
    await expect(predictMask(network, image, { tile: 2 })).rejects.toThrow(
      /tile must be an integer of at least 4, got 2/,
    );
    await expect(predictMask(network, image, { tile: 16, overlap: 16 })).rejects.toThrow(
      /overlap must be smaller than the tile/,
    );
    await expect(predictMask(network, image, { overlap: 8, margin: 5 })).rejects.toThrow(/margin must be at most half/);
    await expect(predictMask(network, image, { batchSize: 0 })).rejects.toThrow(/batchSize/);
  });

  it('works through many bands of tiles', async () => {
    const cheap: MaskPredictor = { outputStride: 8, forward: (x) => tf.tidy(() => tf.avgPool(x, 8, 8, 'valid')) };
    const image = { width: 700, height: 500, channels: 3 as const, data: new Uint8Array(1_050_000) };
    for (let i = 2; i < image.data.length; i += 3) image.data[i] = 255;
    const { mask } = await predictMask(cheap, image, { tile: 128, overlap: 32 });
    expect(mask.data.every((id) => id === 2)).toBe(true);
  });
});
