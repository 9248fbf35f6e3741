import * as tf from '@tensorflow/tfjs-core';
import {
  concat,
  DataLoader,
  deriveGenerator,
  fromArray,
  Generator,
  HourglassError,
  map,
  stack,
  subset,
  take,
  type Dataset,
} from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => void (await useTestBackend('cpu')));

const numbers = (length: number): Dataset<number> => ({ length, get: (index) => index });
const list = (examples: readonly number[]): number[] => [...examples];

async function gather<B>(batches: AsyncIterable<B>): Promise<B[]> {
  const all: B[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

/** Examples that are ready in an order of their own. */
function slow(length: number, running?: { now: number; most: number }): Dataset<number> {
  return {
    length,
    async get(index) {
      if (running !== undefined) running.most = Math.max(running.most, ++running.now);
      await new Promise((resolve) => setTimeout(resolve, (index * 7) % 5));
      if (running !== undefined) running.now--;
      return index;
    },
  };
}

describe('DataLoader', () => {
  it('order depends on seed and epoch alone, and every example comes once', async () => {
    const options = { batchSize: 4, shuffle: true, collate: list };
    const orders = new Map<string, string>();
    for (const seed of [0, 1]) {
      for (const epoch of [0, 1, 2]) {
        const flat = (await gather(new DataLoader(numbers(23), { ...options, seed }).iterate(epoch))).flat();
        expect(flat.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 23 }, (_, i) => i));
        orders.set(`${seed} ${epoch}`, flat.join());
      }
    }
    expect(new Set(orders.values()).size).toBe(6);
    const again = new DataLoader(numbers(23), { ...options, seed: 1, epoch: 2, prefetch: 0 });
    expect((await gather(again)).flat().join()).toBe(orders.get('1 2'));
  });

  it('goes on from any batch as if never interrupted', async () => {
    const loader = new DataLoader(numbers(10), { batchSize: 3, shuffle: true, seed: 5, collate: list });
    const whole = await gather(loader.iterate(4));
    expect(whole.map((batch) => batch.length)).toEqual([3, 3, 3, 1]);
    for (let start = 0; start <= 4; start++) expect(await gather(loader.iterate(4, start))).toEqual(whole.slice(start));
  });

  it('dropLast leaves out what does not fill a batch', async () => {
    const loader = new DataLoader(numbers(10), { batchSize: 4, dropLast: true, collate: list });
    expect(loader.length).toBe(2);
    expect(await gather(loader)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
  });

  it('prefetch keeps the order and its bound', async () => {
    for (const prefetch of [0, 1, 3]) {
      const running = { now: 0, most: 0 };
      const loader = new DataLoader(slow(24, running), { batchSize: 2, prefetch, collate: list });
      expect((await gather(loader)).flat()).toEqual(Array.from({ length: 24 }, (_, i) => i));
      expect(running.most).toBeLessThanOrEqual(2 * (prefetch + 1));
      if (prefetch > 0) expect(running.most).toBeGreaterThan(2);
    }
  });

  it('augmentation repeats bit for bit, wherever one starts and however far ahead it is prepared', async () => {
    const noisy = map(slow(12), async (index, { generator, epoch }) => [index, epoch, generator.uniform()].join(' '));
    const loader = (prefetch: number): DataLoader<string, string[]> =>
      new DataLoader(noisy, { batchSize: 3, shuffle: true, seed: 9, prefetch, collate: (texts) => [...texts] });
    const whole = await gather(loader(0).iterate(1));
    expect(await gather(loader(3).iterate(1))).toEqual(whole);
    expect(await gather(loader(2).iterate(1, 2))).toEqual(whole.slice(2));
    const values = new Set(
      (await gather(loader(0).iterate(2)))
        .concat(whole)
        .flat()
        .map((text) => text.split(' ')[2]),
    );
    expect(values.size).toBe(24);
  });

  it('an example that cannot be read is named, and nothing leaks', async () => {
    const broken: Dataset<tf.Tensor> = {
      length: 8,
      async get(index) {
        await Promise.resolve();
        if (index === 5) throw new Error('picture.png: truncated');
        return tf.zeros([2]);
      },
    };
    const before = tf.memory().numTensors;
    const batches = new DataLoader(broken, { batchSize: 2 });
    const run = async (): Promise<void> => {
      for await (const batch of batches) batch.dispose();
    };
    await expect(run()).rejects.toThrow(HourglassError);
    await expect(run()).rejects.toThrow('example 5 (epoch 0) cannot be read: picture.png: truncated');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaving early frees what was prepared', async () => {
    const before = tf.memory().numTensors;
    const examples = fromArray(Array.from({ length: 20 }, (_, i) => ({ x: Float32Array.of(i), label: i })));
    for await (const batch of new DataLoader(examples, { batchSize: 2, prefetch: 4 })) {
      tf.dispose([batch.x, batch.label]);
      break;
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses what cannot work', () => {
    expect(() => new DataLoader(numbers(0))).toThrow('the data set is empty');
    expect(() => new DataLoader(numbers(3), { batchSize: 4, dropLast: true })).toThrow('3 examples make no batch of 4');
    expect(() => new DataLoader(numbers(3), { batchSize: 0 })).toThrow('batchSize');
    expect(() => new DataLoader(numbers(3), { prefetch: -1 })).toThrow('prefetch');
  });

  it('takes its seed from a generator', () => {
    const order = (seed: number): string =>
      new DataLoader(numbers(30), { shuffle: true, generator: new Generator(seed) }).order(0).join();
    expect(order(1)).toBe(order(1));
    expect(order(1)).not.toBe(order(2));
  });
});

describe('deriveGenerator', () => {
  it('neighbouring keys give unrelated numbers', () => {
    const seen = new Set<number>();
    let sum = 0;
    for (let epoch = 0; epoch < 20; epoch++) {
      for (let index = 0; index < 200; index++) {
        const value = deriveGenerator(0, epoch, index).uniform();
        seen.add(value);
        sum += value;
      }
    }
    expect(seen.size).toBe(4000);
    expect(Math.abs(sum / 4000 - 0.5)).toBeLessThan(0.02);
    expect(deriveGenerator(0, 1, 2).state).not.toEqual(deriveGenerator(0, 2, 1).state);
    expect(deriveGenerator(0, 2 ** 40).state).not.toEqual(deriveGenerator(0, 0).state);
  });
});

describe('stack', () => {
  it('keeps the structure and gives every leaf a batch axis', async () => {
    const example = (i: number) => ({
      image: { values: Uint8Array.of(i, 2, 3, 4), shape: [2, 2] },
      wave: Float32Array.of(i, 0.5),
      ids: Int32Array.of(i),
      label: i,
      ok: i > 0,
      name: `n${i}`,
      box: [1, 2, i],
      pair: [Float32Array.of(1), `p${i}`] as const,
    });
    const batch = stack([example(0), example(1)]);
    const facts = (tensor: tf.Tensor): string =>
      `${tensor.dtype} ${tensor.shape.join('x')} ${tensor.dataSync().join()}`;
    expect(facts(batch.image)).toBe('int32 2x2x2 0,2,3,4,1,2,3,4');
    expect(facts(batch.wave)).toBe('float32 2x2 0,0.5,1,0.5');
    expect(facts(batch.ids)).toBe('int32 2x1 0,1');
    expect(facts(batch.label)).toBe('float32 2 0,1');
    expect(facts(batch.ok)).toBe('bool 2 0,1');
    expect(facts(batch.box)).toBe('float32 2x3 1,2,0,1,2,1');
    expect(batch.name).toEqual(['n0', 'n1']);
    expect(facts(batch.pair[0])).toBe('float32 2x1 1,1');
    expect(batch.pair[1]).toEqual(['p0', 'p1']);
  });

  it('says where examples differ, and leaks nothing then', () => {
    const before = tf.memory().numTensors;
    const odd = [
      { a: Float32Array.of(1), b: { c: Float32Array.of(1) } },
      { a: Float32Array.of(1), b: { c: Float32Array.of(1, 2) } },
    ];
    expect(() => stack(odd)).toThrow("examples at 'b.c' have different shapes, [1] and [2]");
    expect(() => stack<unknown>([1, 'a'])).toThrow('different kinds: Number, String');
    expect(() => stack<object>([{ a: 1 }, { b: 1 }])).toThrow('[a] and [b]');
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('helpers', () => {
  it('subset, take and concat pick by index and pass the context on', async () => {
    const seeded: Dataset<string> = {
      length: 3,
      get: (index, context) => `${index}:${context?.epoch}`,
    };
    const all = concat(subset(seeded, [2, 0]), take(seeded, 1), take(seeded, 9));
    expect(all.length).toBe(6);
    const context = { generator: new Generator(0), epoch: 7 };
    expect(await Promise.all([0, 1, 2, 3, 5].map((i) => all.get(i, context)))).toEqual([
      '2:7',
      '0:7',
      '0:7',
      '0:7',
      '2:7',
    ]);
    expect(() => all.get(6)).toThrow('no example 6 in a data set of 6');
    expect(() => subset(seeded, [3])).toThrow('no example 3');
  });

  it('examples of fromArray are yours to free, the originals stay; map frees what it replaces', async () => {
    const tensors = [tf.tensor1d([1]), tf.tensor1d([2])];
    const before = tf.memory().numTensors;
    const doubled = map(fromArray(tensors), (x) => tf.mul(x, 2));
    const batches = new DataLoader(doubled, { batchSize: 2 });
    for await (const batch of batches) {
      expect([...batch.dataSync()]).toEqual([2, 4]);
      batch.dispose();
    }
    expect(tf.memory().numTensors).toBe(before);
    expect(tensors[0]!.dataSync()[0]).toBe(1);
    tf.dispose(tensors);
  });
});
