import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '@hourglass/cli';
import { findCheckpoint, type TaskContext } from '@hourglass/core';
import { decodeMask, encodePng } from '@hourglass/vision/node';
import { tasks } from '@hourglass/vision/tasks';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

const packages = [{ name: '@hourglass/vision', version: '0', folder: '', tasks }];
let folder: string;
let lines: string[];
let errors: string;

async function hourglass(args: readonly string[], signal = new AbortController().signal): Promise<number> {
  const context: TaskContext = { print: (line) => lines.push(line), signal };
  return main(args, packages, context);
}

/** Pictures with a bright disc on a dark ground; the disc's pixels are class 1. */
async function writeDiscs(path: string, count: number, size = 32): Promise<void> {
  for (let n = 0; n < count; n++) {
    const [cx, cy, r] = [8 + ((n * 5) % 16), 8 + ((n * 3) % 16), 6 + (n % 3)];
    const inside = (i: number): boolean => Math.hypot((i % size) - cx, Math.floor(i / size) - cy) < r;
    const image = Uint8Array.from(
      { length: size * size * 3 },
      (_, i) => (inside(Math.floor(i / 3)) ? 190 : 50) + ((i * 37 + n * 11) % 29),
    );
    const mask = Uint8Array.from({ length: size * size }, (_, i) => Number(inside(i)));
    await encodePng(
      { width: size, height: size, channels: 3, data: image },
      join(path, `images/${String(n).padStart(2, '0')}.png`),
    );
    await encodePng({ width: size, height: size, data: mask }, join(path, `masks/${String(n).padStart(2, '0')}.png`));
  }
}

const quick = ['--batch-size', '4', '--backend', 'wasm', '--augment', 'none', '--learning-rate', '0.005'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hourglass-cli-'));
  await writeDiscs(join(folder, 'discs'), 20);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  [lines, errors] = [[], ''];
  vi.spyOn(console, 'error').mockImplementation((text: unknown) => void (errors += `${String(text)}\n`));
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
});
afterEach(() => void vi.restoreAllMocks());

describe('hourglass … segmentation', () => {
  const at = (name: string): string => join(folder, name);

  it('trains to a mean IoU of 0.9 on discs, and evaluates, explains and predicts with what it saved', async () => {
    const run = at('run');
    expect(
      await hourglass(['train', 'segmentation', '--data', at('discs'), '--run', run, '--epochs', '12', ...quick]),
    ).toBe(0);
    expect(errors).toBe('');
    expect(readdirSync(run)).toEqual(
      expect.arrayContaining(['checkpoints', 'examples.png', 'metrics.jsonl', 'settings.json']),
    );
    const metrics = readFileSync(join(run, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(metrics.length).toBeGreaterThanOrEqual(12);

    const scores = at('scores.json');
    const evaluate = [
      'evaluate',
      'segmentation',
      '--data',
      at('discs'),
      '--model',
      run,
      '--split',
      'all',
      '--json',
      scores,
      '--backend',
      'wasm',
    ];
    expect(await hourglass(evaluate)).toBe(0);
    expect((JSON.parse(readFileSync(scores, 'utf8')) as { meanIou: number }).meanIou).toBeGreaterThan(0.9);

    expect(await hourglass(['info', 'segmentation', '--model', run, '--backend', 'wasm'])).toBe(0);
    expect(lines.join('\n')).toMatch(/architecture {3}unet[\s\S]*classes {8}2: /);

    // a file, a folder and a glob
    for (const [i, input] of [at('discs/images/00.png'), at('discs/images'), at('discs/images/1*.png')].entries()) {
      const out = at(`out${i}`);
      expect(
        await hourglass(['predict', 'segmentation', input, '--model', run, '--out', out, '--backend', 'wasm']),
      ).toBe(0);
      expect(readdirSync(out).filter((name) => name.endsWith('-mask.png'))).toHaveLength([1, 20, 10][i]!);
      expect(readdirSync(out).filter((name) => name.endsWith('-overlay.png'))).toHaveLength([1, 20, 10][i]!);
    }
    const [mask, truth] = [await decodeMask(at('out0/00-mask.png')), await decodeMask(at('discs/masks/00.png'))];
    const wrong = truth.data.filter((id: number, i: number) => id !== mask.data[i]);
    expect(wrong.length / truth.data.length).toBeLessThan(0.05);
  });

  it('a run that was stopped and resumed leaves the metrics and weights of an unbroken one', async () => {
    const train = (run: string, ...more: string[]): string[] => [
      'train',
      'segmentation',
      '--data',
      at('discs'),
      '--run',
      run,
      '--epochs',
      '3',
      '--checkpoint-every',
      '2',
      ...quick,
      ...more,
    ];
    expect(await hourglass(train(at('whole')))).toBe(0);
    const stop = new AbortController();
    const tensors = tf.memory().numTensors;
    // stops as soon as the first epoch has left its lines
    const watch = setInterval(() => {
      const metrics = join(at('parts'), 'metrics.jsonl');
      if (existsSync(metrics) && statSync(metrics).size > 0) stop.abort();
    }, 5);
    expect(await hourglass(train(at('parts')), stop.signal)).toBe(130);
    clearInterval(watch);
    expect(lines.join('\n')).toMatch(/stopped at step \d+; go on with: .*--resume/);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(await hourglass(['train', 'segmentation', '--data', at('discs'), '--run', at('parts'), '--resume'])).toBe(0);
    const metricsOf = (run: string): string => readFileSync(join(at(run), 'metrics.jsonl'), 'utf8');
    expect(metricsOf('parts')).toBe(metricsOf('whole'));
    const weights = async (run: string): Promise<Buffer> =>
      readFileSync(join((await findCheckpoint(at(run), 'latest'))!, 'model.safetensors'));
    expect((await weights('parts')).equals(await weights('whole'))).toBe(true);
  });

  it.each([
    [
      'a folder that is not there',
      ['train', 'segmentation', '--data', 'nowhere'],
      /nowhere: .*(no such|missing|does not exist)/,
    ],
    [
      'a wrong class count',
      ['train', 'segmentation', '--data', 'discs', '--classes', '1', '--run', 'x'],
      /class|label/,
    ],
    [
      'a size that is none',
      ['train', 'segmentation', '--data', 'discs', '--size', 'big', '--run', 'x'],
      /--size takes WIDTHxHEIGHT/,
    ],
    [
      'a size the model cannot take',
      ['train', 'segmentation', '--data', 'discs', '--size', '30x30', '--run', 'x'],
      /multiples of/,
    ],
    [
      'an unknown loss',
      ['train', 'segmentation', '--data', 'discs', '--loss', 'mse', '--run', 'x'],
      /unknown loss 'mse'/,
    ],
    [
      'a run to resume that is none',
      ['train', 'segmentation', '--data', 'discs', '--run', 'discs', '--resume'],
      /holds no run to resume/,
    ],
    [
      'a model that is none',
      ['predict', 'segmentation', 'discs/images', '--model', 'discs'],
      /neither a model nor a run/,
    ],
    [
      'a picture that is not there',
      ['predict', 'segmentation', 'gone.png', '--model', 'run'],
      /gone\.png: .*matches nothing/,
    ],
    [
      'a split that is not there',
      ['evaluate', 'segmentation', '--data', 'discs', '--model', 'run', '--split', 'extra'],
      /has no split extra/,
    ],
  ])('%s is one sentence, exit code 2, and nothing written', async (_, args, message) => {
    const paths = args.map((argument, i) =>
      /^(--data|--model|--run)$/.test(args[i - 1] ?? '') || /png$|images$/.test(argument) ? at(argument) : argument,
    );
    expect(await hourglass([...paths, ...(args[0] === 'train' ? ['--backend', 'wasm'] : [])])).toBe(2);
    expect(errors.trim().split('\n')).toHaveLength(1);
    expect(errors).toMatch(message);
    expect(existsSync(at('x'))).toBe(false);
  });

  it('refuses to write over a run', async () => {
    mkdirSync(at('taken'));
    writeFileSync(at('taken/settings.json'), '{}');
    const train = ['train', 'segmentation', '--data', at('discs'), '--run', at('taken'), ...quick];
    expect(await hourglass(train)).toBe(2);
    expect(errors).toMatch(/holds a run already: go on with --resume/);
    expect(readdirSync(at('taken'))).toEqual(['settings.json']);
  });

  it('says which mask has an unknown label, and which pair differs in size', async () => {
    await writeDiscs(at('odd'), 10);
    writeFileSync(at('odd/classes.json'), JSON.stringify(['ground', 'disc']));
    await encodePng({ width: 32, height: 32, data: new Uint8Array(1024).fill(7) }, at('odd/masks/03.png'));
    const train = ['train', 'segmentation', '--data', at('odd'), '--run', at('odd-run'), ...quick];
    expect(await hourglass(train)).toBe(2);
    expect(errors).toMatch(/03\.png: .*7/);
    expect(existsSync(at('odd-run'))).toBe(false);

    errors = '';
    await encodePng({ width: 16, height: 32, data: new Uint8Array(512) }, at('odd/masks/03.png'));
    expect(await hourglass(train)).toBe(2);
    expect(errors).toMatch(/03/);
    expect(errors).toMatch(/32 × 32|16 × 32/);
  });

  it.skipIf(process.getuid?.() === 0)(
    'a run folder without permission is one sentence (skipped for root, who may write everywhere)',
    async () => {
      mkdirSync(at('closed'));
      chmodSync(at('closed'), 0o500);
      expect(
        await hourglass(['train', 'segmentation', '--data', at('discs'), '--run', at('closed/run'), ...quick]),
      ).toBe(2);
      expect(errors).toMatch(/permission/);
    },
  );
});
