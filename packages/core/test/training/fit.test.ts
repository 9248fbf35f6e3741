import * as tf from '@tensorflow/tfjs-core';
import {
  batchMetric,
  CheckpointError,
  DataLoader,
  FileError,
  findCheckpoint,
  fit,
  fromArray,
  InvalidArgumentError,
  loadStateDict,
  NonFiniteError,
  openCheckpoint,
  ReduceLROnPlateau,
  SGD,
  stateDict,
  useBackend,
  type BatchSource,
  type Files,
  type FitOptions,
} from '@hourglass/core';
import { testBackends, useTestBackend } from '@hourglass/core/testing';
import { platform } from '#platform';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Net, points, setUp, squaredError, type Batch } from './helpers.js';

let folder: string;
beforeAll(async () => void (await useTestBackend('cpu')));
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'hourglass-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** The largest number seen. */
class Largest {
  #values: number[] = [];
  reset(): void {
    this.#values = [];
  }
  update(value: number): void {
    this.#values.push(value);
  }
  compute(): number {
    return Math.max(...this.#values);
  }
}

type Options = Partial<FitOptions<Net, Batch>>;

async function run(
  options: Options = {},
): Promise<{ model: Net; losses: number[]; result: Awaited<ReturnType<typeof fit>> }> {
  const { model, options: all } = setUp(options);
  const losses: number[] = [];
  const result = await fit(model, {
    ...all,
    callbacks: {
      ...all.callbacks,
      onStep: async (event) => {
        losses.push(event.loss);
        await all.callbacks?.onStep?.(event);
      },
    },
  });
  all.optimizer.dispose();
  return { model, losses, result };
}

/** Stops after so many steps. */
function stopAt(step: number): Options {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    callbacks: {
      onStep: (event) => {
        if (event.step === step) controller.abort();
      },
    },
  };
}

describe('fit', () => {
  it('learns, and reports scores, best and last checkpoint', async () => {
    const { model, losses, result } = await run({
      epochs: 30,
      validate: points(12, 9),
      metrics: { worst: batchMetric(new Largest(), (loss: tf.Tensor) => [loss.dataSync()[0]!]) },
      folder,
    });
    expect(losses.length).toBe(180);
    expect(result.stopped).toBe('finished');
    expect(result.epochs).toBe(30);
    expect(result.best!.score).toBeLessThan(losses[0]! / 4);
    expect(Object.keys(result.scores)).toEqual(['loss', 'double', 'worst']);
    expect(result.scores['double']).toBeCloseTo(2 * result.scores['loss']!, 5);
    expect(result.scores['worst']).toBeGreaterThanOrEqual(result.scores['loss']!);
    expect(model.training).toBe(true);
    const best = await openCheckpoint(folder);
    await best.close();
    expect(await findCheckpoint(folder, 'best')).toBe(result.bestCheckpoint);
    const checkpoint = await openCheckpoint((await findCheckpoint(folder, 'latest'))!);
    const loaded = new Net(99);
    const tensors = new Map(
      await Promise.all(
        [...checkpoint.tensors.specs.keys()].map(async (name) => [name, await checkpoint.tensors.read(name)] as const),
      ),
    );
    loadStateDict(loaded, tensors);
    expect(stateDict(loaded)).toEqual(stateDict(model));
    await checkpoint.close();
    const steps = readdirSync(join(folder, 'checkpoints')).filter((name) => name.startsWith('step-'));
    expect(steps.length).toBeLessThanOrEqual(3);
    expect(result.bestCheckpoint).toContain(String(result.best!.step));
  });

  it('the number of tensors is flat over 100 steps, with and without everything', async () => {
    const counts: number[] = [];
    const counting: Options = { callbacks: { onStep: () => void counts.push(tf.memory().numTensors) } };
    await run({ ...counting, steps: 100, epochs: undefined } as unknown as Options);
    // Prefetched batches come and go: the same place of each epoch is compared.
    expect(new Set(counts.filter((_, i) => i >= 6 && i % 6 === 1)).size).toBe(1);
    counts.length = 0;
    const before = tf.memory().numTensors;
    const { model, options } = setUp({
      ...counting,
      epochs: 17,
      ema: { decay: 0.9 },
      clip: { norm: 1, value: 0.5 },
      validate: points(5),
      folder,
    });
    await fit(model, options);
    expect(new Set(counts.filter((_, i) => i >= 6 && i % 6 === 1)).size).toBe(1);
    options.optimizer.dispose();
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('writes nothing without a folder', async () => {
    const forbidden = new Proxy(platform.files!, {
      get: () => {
        throw new Error('files were touched');
      },
    });
    await run({ files: forbidden });
  });

  it('accumulated batches make the step of one large batch', async () => {
    const items = Array.from({ length: 8 }, (_, i) => ({ x: Float32Array.of(i, 1, -i), y: Float32Array.of(i % 3) }));
    const once = async (batchSize: number, accumulation: number): Promise<Float32Array> => {
      const model = new Net();
      const optimizer = new SGD(model.parameters(), { lr: 0.01 });
      const train = new DataLoader(fromArray(items), { batchSize });
      await fit(model, {
        train,
        loss: squaredError,
        optimizer,
        accumulation,
        epochs: 1,
        trainMode: (net) => net.eval(),
      });
      return model.first.weight.variable.dataSync() as Float32Array;
    };
    const [whole, parts] = [await once(8, 1), await once(2, 4)];
    whole.forEach((value, i) => expect(parts[i]).toBeCloseTo(value, 6));
  });

  it('clips by norm and by value', async () => {
    const moved = async (clip: { norm?: number; value?: number }): Promise<number[]> => {
      const model = new Net();
      const before = model.parameters().map(({ variable }) => variable.dataSync().slice());
      const optimizer = new SGD(model.parameters(), { lr: 1 });
      await fit(model, { train: points(), loss: squaredError, optimizer, clip, steps: 1, seed: 1 });
      return model
        .parameters()
        .flatMap(({ variable }, p) => Array.from(variable.dataSync(), (v, i) => v - before[p]![i]!));
    };
    expect(Math.hypot(...(await moved({ norm: 0.25 })))).toBeCloseTo(0.25, 4);
    const free = await moved({});
    expect(Math.hypot(...free)).toBeGreaterThan(0.5);
    expect(Math.max(...(await moved({ value: 0.01 })).map(Math.abs))).toBeCloseTo(0.01, 5);
    expect(Math.hypot(...(await moved({ norm: 1e6 })))).toBeCloseTo(Math.hypot(...free), 4);
  });

  it('stops early, and a resumed run knows that', async () => {
    const scores = [5, 4, 4.5, 4.6, 3, 2];
    let calls = 0;
    const options: Options = {
      epochs: 6,
      folder,
      validate: async () => ({ miou: scores[calls++]! }),
      monitor: { metric: 'miou', mode: 'min', patience: 2 },
    };
    const { result } = await run(options);
    expect(result).toMatchObject({ stopped: 'early', epochs: 4, best: { step: 12, score: 4 }, scores: { miou: 4.6 } });
    const again = await run({ ...options, resume: true });
    expect(again.losses).toEqual([]);
    expect(again.result).toEqual(result);
  });

  it('an unknown score to monitor is an error that lists the scores', async () => {
    await expect(run({ validate: points(5), monitor: { metric: 'iou' } })).rejects.toThrow(
      "there is no score 'iou'; validation gives loss, double",
    );
  });

  it('the moving average is what is validated, saved and left in the model', async () => {
    let validated: unknown;
    const { model, result } = await run({
      folder,
      ema: { decay: 0.9 },
      validate: async (net) => {
        validated = stateDict(net);
        return { loss: 1 };
      },
    });
    expect(stateDict(model)).toEqual(validated);
    const checkpoint = await openCheckpoint(result.latestCheckpoint!);
    expect((await checkpoint.tensors.read('last.weight')).bytes).toEqual(stateDict(model).get('last.weight')!.bytes);
    await checkpoint.close();
  });

  it.each<[string, Options]>([
    ['no length', { epochs: undefined } as unknown as Options],
    ['two lengths', { steps: 3 }],
    ['half a batch', { accumulation: 0.5 }],
    ['a clip of 0', { clip: { norm: 0 } }],
    ['resuming nothing', { resume: true }],
    ['patience without validation', { monitor: { patience: 2 } }],
  ])('refuses %s', async (_, options) => {
    await expect(run(options)).rejects.toThrow(InvalidArgumentError);
  });

  it('does not write over another run', async () => {
    await run({ folder, epochs: 1 });
    const metricsBefore = readFileSync(join(folder, 'metrics.jsonl'), 'utf8');
    await expect(run({ folder, epochs: 1 })).rejects.toThrow(FileError);
    await expect(run({ folder, epochs: 1 })).rejects.toThrow(/holds a run already; set `resume`/);
    expect(readFileSync(join(folder, 'metrics.jsonl'), 'utf8')).toBe(metricsBefore);
  });
});

describe('NaN and infinity', () => {
  const bad = (value: number): BatchSource<Batch> =>
    new DataLoader(
      fromArray(
        Array.from({ length: 6 }, (_, i) => ({ x: Float32Array.of(1, i === 4 ? value : i, 2), y: Float32Array.of(1) })),
      ),
      { batchSize: 2 },
    );

  async function failure(options: Options, change: (model: Net) => void = () => {}): Promise<NonFiniteError> {
    const { model, options: all } = setUp({ epochs: 1, ...options });
    change(model);
    let before = stateDict(model);
    let moments = -1;
    const count = (): number => all.optimizer.state().tensors.size;
    const tensors = tf.memory().numTensors;
    const error: unknown = await fit(model, {
      ...all,
      callbacks: {
        onStep: () => {
          before = stateDict(model);
          moments = count();
        },
      },
    }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(stateDict(model)).toEqual(before);
    expect(count()).toBe(Math.max(moments, 0));
    all.optimizer.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
    return error as NonFiniteError;
  }

  it('in the batch: says so, and leaves model, statistics and optimiser as they were', async () => {
    const error = await failure({ train: bad(NaN) });
    expect(error.tensor).toBe('loss');
    expect(error.step).toBe(3);
    expect(error.message).toMatch(/^step 3 \(epoch 1\): the loss is NaN; the batch itself holds NaN/);
  });

  it('in a parameter: names it', async () => {
    const error = await failure({}, ({ first }) => {
      first.weight.assign(tf.fill(first.weight.shape, Infinity));
    });
    expect(error.message).toContain("'first.weight' held infinity already");
  });

  it('in a module’s output: names the first such module', async () => {
    const error = await failure({}, (model) => {
      // large but finite weights, whose squares overflow inside the norm
      model.first.weight.assign(tf.fill(model.first.weight.shape, 3e38));
    });
    expect(error.message).toMatch(/the first bad output is that of module 'first' \((infinity|NaN)\)/);
  });

  it('in a gradient: names the first parameter', async () => {
    const rootAtZero: Options['loss'] = (model, { x }) =>
      tf.add(tf.sum(tf.sqrt(tf.mul(model.last.bias!.value, 0))), tf.mean(model.forward(x)));
    const error = await failure({ loss: rootAtZero! });
    expect(error.tensor).toBe('gradient of last.bias');
    expect(error.message).toContain("the gradient of 'last.bias' holds");
  });

  it('a step that throws for another reason puts the running statistics back too', async () => {
    const { model, options } = setUp();
    const before = stateDict(model);
    const tensors = tf.memory().numTensors;
    const failing = fit(model, {
      ...options,
      loss: (net, batch) => {
        squaredError(net, batch);
        throw new Error('mine');
      },
    });
    await expect(failing).rejects.toThrow('mine');
    expect(stateDict(model)).toEqual(before);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

describe.each(testBackends('cpu', 'wasm'))('a resumed run on %s', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));

  const variants: Array<[string, Options]> = [
    ['plain', {}],
    [
      'all at once',
      {
        ema: { decay: 0.8 },
        accumulation: 2,
        clip: { norm: 0.5 },
        validate: points(9, 4),
        validateEvery: { steps: 5 },
      },
    ],
  ];

  it.each(variants)('%s: equals an unbroken one bit for bit', async (_, options) => {
    const unbroken = await run({ ...options, folder: join(folder, 'a') });
    const losses: number[] = [];
    let last: Awaited<ReturnType<typeof run>> | null = null;
    for (const stop of [1, 2, 5, 7, 10, Infinity]) {
      last = await run({ ...options, ...stopAt(stop), folder: join(folder, 'b'), resume: true });
      losses.push(...last.losses);
    }
    expect(losses).toEqual(unbroken.losses);
    expect(stateDict(last!.model)).toEqual(stateDict(unbroken.model));
    expect(readFileSync(join(folder, 'b/metrics.jsonl'), 'utf8')).toBe(
      readFileSync(join(folder, 'a/metrics.jsonl'), 'utf8'),
    );
    expect({ ...last!.result, latestCheckpoint: 0, bestCheckpoint: 0 }).toEqual({
      ...unbroken.result,
      latestCheckpoint: 0,
      bestCheckpoint: 0,
    });
    expect(losses.length).toBeGreaterThan(10);
  });
});

describe('checkpoints of a run', () => {
  beforeAll(async () => void (await useTestBackend('cpu')));

  it('a full disk at any write: one clear error, the former checkpoint whole, no half-written folder', async () => {
    await run({ folder, ...stopAt(3) });
    const latest = readFileSync(join(folder, 'checkpoints/pointer.json'), 'utf8');
    for (let allowed = 0; allowed < 12; allowed++) {
      let writes = 0;
      const files: Files = {
        ...platform.files!,
        async create(path) {
          const file = await platform.files!.create(path);
          const write: typeof file.write = async (bytes) => {
            if (writes++ < allowed) return file.write(bytes);
            throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
          };
          return { ...file, write };
        },
      };
      const full = run({
        folder,
        resume: true,
        files,
        checkpoint: { everySteps: 1 },
        steps: 4,
        epochs: undefined,
      } as unknown as Options);
      await expect(full).rejects.toThrow(FileError);
      await expect(full).rejects.toThrow(/the disk is full/);
      expect(readdirSync(join(folder, 'checkpoints'))).toEqual(['pointer.json', 'step-00000003']);
      expect(readFileSync(join(folder, 'checkpoints/pointer.json'), 'utf8')).toBe(latest);
    }
    expect((await run({ folder, resume: true })).result.stopped).toBe('finished');
  });

  it('refuses to go on with other data, another optimiser, or without the schedule', async () => {
    await run({ folder, ...stopAt(2) });
    await expect(run({ folder, resume: true, train: points(40) })).rejects.toThrow(
      /stopped amid an epoch of 6 batches, the data now make 10/,
    );
    const other = setUp();
    const optimizer = new SGD(other.model.namedParameters());
    const resumed = fit(other.model, {
      ...other.options,
      optimizer,
      schedule: new ReduceLROnPlateau(optimizer),
      folder,
      resume: true,
    });
    await expect(resumed).rejects.toThrow(CheckpointError);
    const { schedule: _, ...rest } = setUp().options;
    await expect(fit(new Net(), { ...rest, folder, resume: true })).rejects.toThrow(CheckpointError);
    await expect(run({ folder, resume: true, ema: { decay: 0.5 } })).rejects.toThrow(/without a moving average/);
  });

  it('keeps the last few and the best', async () => {
    const scores = [3, 1, 2, 2];
    let calls = 0;
    await run({ folder, validate: async () => ({ loss: scores[calls++]! }), checkpoint: { keep: 1, everySteps: 2 } });
    expect(readdirSync(join(folder, 'checkpoints'))).toEqual(['pointer.json', 'step-00000012', 'step-00000024']);
    const state = JSON.parse(readFileSync(join(folder, 'checkpoints/pointer.json'), 'utf8')) as unknown;
    expect(state).toEqual({ latest: 'step-00000024', best: 'step-00000012' });
  });

  it('a plateau schedule gets the score', async () => {
    const { model, options } = setUp({ epochs: 3, scheduleOn: 'validation', validate: async () => ({ loss: 1 }) });
    const schedule = new ReduceLROnPlateau(options.optimizer, { patience: 0, factor: 0.5 });
    await fit(model, { ...options, schedule });
    expect(schedule.rates()[0]).toBeCloseTo(0.005);
  });
});

describe('a module beside the model', () => {
  /** The model's error, and that of a second network that follows the first one's predictions. */
  async function adversary(options: Options): Promise<{ states: unknown[]; losses: number[] }> {
    const { model, options: all } = setUp();
    const second = new Net(5);
    const optimizer = new SGD([...model.parameters(), ...second.parameters()], { lr: 0.01, momentum: 0.5 });
    const losses: number[] = [];
    const { schedule: _, ...rest } = all;
    await fit(model, {
      ...rest,
      ...options,
      optimizer,
      alongside: { second },
      loss: (net, batch) => tf.add(squaredError(net, batch), squaredError(second, batch)),
      callbacks: { onStep: (event) => (losses.push(event.loss), options.callbacks?.onStep?.(event)) },
    } as FitOptions<Net, Batch>);
    const states = [stateDict(model), stateDict(second)];
    for (const made of [optimizer, model, second]) made.dispose();
    return { states, losses };
  }

  it('learns, is kept with the training state but not with the model, and goes on when a run is resumed', async () => {
    const whole = await adversary({ epochs: 6, seed: 3 });
    await adversary({ epochs: 6, seed: 3, folder, ...stopAt(17) });
    const saved = await openCheckpoint((await findCheckpoint(folder, 'latest'))!);
    expect([...saved.tensors.specs.keys()].filter((name) => name.includes('second'))).toEqual([]);
    await saved.close();
    const rest = await adversary({ epochs: 6, seed: 3, folder, resume: true });
    expect(rest.losses).toEqual(whole.losses.slice(17));
    expect(rest.states).toEqual(whole.states);
    expect(whole.losses.at(-1)!).toBeLessThan(whole.losses[0]! / 2);
  });
});
