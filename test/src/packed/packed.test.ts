import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encodeWav } from '@hourglass/audio';
import { encodePng } from '@hourglass/vision/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const packages = ['core', 'vision', 'graph', 'audio', 'cli', 'testing'];
const run = promisify(execFile);
let project: string;

/** Runs a program in the empty project, without our development settings. */
async function inProject(program: string, ...args: string[]): Promise<{ code: number; output: string }> {
  const { NODE_OPTIONS: _options, ...env } = process.env;
  try {
    const { stdout, stderr } = await run(program, args, { cwd: project, env, maxBuffer: 1e8 });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: `${stdout}${stderr}` };
  }
}

/** Pictures whose left half is dark and right half bright, with masks that say so. */
async function writePictures(folder: string, count: number): Promise<void> {
  const [width, height] = [64, 64];
  for (let n = 0; n < count; n++) {
    const edge = 20 + ((n * 7) % 24);
    const isRight = (i: number): boolean => i % width >= edge;
    const image = Uint8Array.from(
      { length: width * height * 3 },
      (_, i) => (isRight(Math.floor(i / 3)) ? 200 : 40) + ((i * 31 + n * 17) % 23),
    );
    const mask = Uint8Array.from({ length: width * height }, (_, i) => Number(isRight(i)));
    await encodePng({ width, height, channels: 3, data: image }, join(folder, `images/${n}.png`));
    await encodePng({ width, height, data: mask }, join(folder, `masks/${n}.png`));
  }
}

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'hourglass-packed-'));
  await run('npx', ['tsc', '--build', ...packages.map((name) => `packages/${name}`)], { cwd: root });
  const { stdout } = await run(
    'npm',
    ['pack', '--json', '--pack-destination', project, ...packages.flatMap((name) => ['-w', `@hourglass/${name}`])],
    { cwd: root },
  );
  const tarballs = (JSON.parse(stdout) as Array<{ filename: string }>).map(({ filename }) => `./${filename}`);
  writeFileSync(join(project, 'package.json'), '{ "name": "somebody-elses", "private": true, "type": "module" }\n');
  const installed = await inProject(
    'npm',
    'install',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    ...tarballs,
    '@tensorflow/tfjs-core@4.22.0',
    '@types/node@20',
  );
  expect(installed).toMatchObject({ code: 0 });
  await writePictures(join(project, 'photos'), 12);
}, 300_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('the packed packages, installed in an empty project', () => {
  it('bring one copy of tfjs-core and no source or tests', () => {
    const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, unknown>;
    };
    expect(Object.keys(lock.packages).filter((path) => path.endsWith('/@tensorflow/tfjs-core'))).toHaveLength(1);
    for (const name of packages) {
      const files = readdirSync(join(project, 'node_modules/@hourglass', name));
      expect(files).toEqual(expect.arrayContaining(['README.md', 'dist', 'package.json']));
      expect(files).not.toContain('src');
      expect(files).not.toContain('test');
    }
  });

  it("train and predict with the README's ten lines", async () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const [, code] = /```ts\n([\s\S]*?)```/.exec(readme)!;
    // as printed, but for less than thirty epochs
    writeFileSync(join(project, 'ten-lines.mjs'), code!.replace('epochs: 30', 'epochs: 2'));
    writeFileSync(join(project, 'new.jpg'), readFileSync(join(project, 'photos/images/0.png')));
    const { code: exit, output } = await inProject('node', 'ten-lines.mjs');
    expect(output).not.toMatch(/Error/);
    expect(exit).toBe(0);
    for (const file of [
      'my-model/model.safetensors',
      'my-model/config.json',
      'new-mask.png',
      'new-overlay.png',
      'runs/photos/metrics.jsonl',
    ]) {
      expect(existsSync(join(project, file)), file).toBe(true);
    }
  });

  it('train, evaluate, predict and explain from the command line', async () => {
    const train = [
      'train',
      'segmentation',
      '--data',
      'photos',
      '--run',
      'runs/cli',
      '--epochs',
      '2',
      '--batch-size',
      '4',
    ];
    expect(await inProject('npx', 'hourglass', ...train)).toMatchObject({
      code: 0,
      output: expect.stringMatching(/mean IoU +\d/) as string,
    });
    expect(readdirSync(join(project, 'runs/cli'))).toEqual(
      expect.arrayContaining(['checkpoints', 'examples.png', 'metrics.jsonl', 'settings.json']),
    );
    const evaluated = await inProject(
      'npx',
      'hourglass',
      'evaluate',
      'segmentation',
      '--data',
      'photos',
      '--model',
      'runs/cli',
    );
    expect(evaluated).toMatchObject({ code: 0, output: expect.stringMatching(/pixel accuracy/) as string });
    const predicted = await inProject(
      'npx',
      'hourglass',
      'predict',
      'segmentation',
      'photos/images/*.png',
      '--model',
      'runs/cli',
      '--out',
      'masks',
    );
    expect(predicted.code).toBe(0);
    expect(readdirSync(join(project, 'masks')).filter((name) => name.endsWith('-mask.png'))).toHaveLength(12);
    expect((await inProject('npx', 'hourglass', 'info')).output).toMatch(/@hourglass\/vision/);
    expect((await inProject('npx', 'hourglass', 'train', 'segmentation', '--data', 'nowhere')).code).toBe(2);
  });

  it('read a graph, draw neighbours in threads, and train on them', async () => {
    const edges = Array.from({ length: 300 }, (_, i) => `${i % 60},${((i % 60) + 3 * (1 + Math.floor(i / 60))) % 60}`);
    const nodes = Array.from({ length: 60 }, (_, i) => `${i},${i % 3 === 0 ? 1 : 0},${i % 7},${'abc'[i % 3]}`);
    mkdirSync(join(project, 'people'));
    writeFileSync(join(project, 'people/edges.csv'), `source,target\n${edges.join('\n')}\n`);
    writeFileSync(join(project, 'people/nodes.csv'), `id,first,rest,label\n${nodes.join('\n')}\n`);
    const program = `
import { useBackend } from '@hourglass/core';
import { NeighborLoader } from '@hourglass/graph';
import { openGraph } from '@hourglass/graph/node';
await useBackend('wasm');
const graph = await openGraph('people', { undirected: true });
const counts = [];
for (const threads of [0, 2]) {
  const loader = new NeighborLoader(graph, { fanOuts: [3, 2], batchSize: 16, threads });
  let edges = 0;
  for await (const subgraph of loader.subgraphs(0)) edges += subgraph.edges.length;
  counts.push(edges);
}
console.log(JSON.stringify(counts));
`;
    writeFileSync(join(project, 'neighbours.mjs'), program);
    // it ends by itself, though its threads were not told to
    const { code, output } = await inProject('node', 'neighbours.mjs');
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringMatching(/^\[(\d+),\1\]\s*$/) as string });
    const train =
      'train node-classification --data people --undirected --run runs/people --fan-outs 4,4 --batch-size 16 --epochs 5';
    expect(await inProject('npx', 'hourglass', ...train.split(' '))).toMatchObject({
      code: 0,
      output: expect.stringMatching(/accuracy +\d/) as string,
    });
  });

  it("separate and code sound with audio's README and from the command line", async () => {
    // two voices: each hums at its own height
    const recording = (pitch: number, seconds: number): Float32Array =>
      Float32Array.from({ length: 8000 * seconds }, (_, t) => 0.3 * Math.sin((2 * Math.PI * pitch * t) / 8000));
    const voices = { anna: 310, otto: 120 };
    for (const [name, pitch] of Object.entries(voices)) {
      mkdirSync(join(project, 'recordings/train', name), { recursive: true });
      mkdirSync(join(project, 'recordings/test', name), { recursive: true });
      for (let i = 0; i < 3; i++) {
        const channels = [recording(pitch + 7 * i, 1)];
        for (const part of ['train', 'test'])
          writeFileSync(
            join(project, `recordings/${part}/${name}/${i}.wav`),
            encodeWav({ channels, sampleRate: 8000 }),
          );
      }
    }
    const [low, high] = [recording(120, 2), recording(310, 2)];
    const both = low.map((value, t) => value + high[t]!);
    writeFileSync(join(project, 'both.wav'), encodeWav({ channels: [both], sampleRate: 8000 }));
    const readme = readFileSync(join(root, 'packages/audio/README.md'), 'utf8');
    const [, code] = /```ts\n([\s\S]*?)```/.exec(readme)!;
    // as printed, but for less of it
    const brief = code!.replace('length: 4000', 'length: 8').replace('epochs: 12', 'epochs: 1');
    writeFileSync(join(project, 'separate.mjs'), brief);
    const { code: exit, output } = await inProject('node', 'separate.mjs');
    expect(output).not.toMatch(/Error/);
    expect(exit).toBe(0);
    expect(existsSync(join(project, 'source-2.wav'))).toBe(true);

    const small = '--filters 4 --frame-width 8 --ratios 4,5 --codebooks 2 --codebook-size 16 --residual-units 1';
    const train = `train codec --data recordings --run runs/codec ${small} --epochs 1 --batch-size 2 --segment 0.2 --discriminator none`;
    expect(await inProject('npx', 'hourglass', ...train.split(' '))).toMatchObject({ code: 0 });
    for (const command of ['encode both.wav both.hgc', 'decode both.hgc back.wav'])
      expect(
        await inProject('npx', 'hourglass', 'codec', ...command.split(' '), '--model', 'runs/codec'),
      ).toMatchObject({ code: 0 });
    expect(existsSync(join(project, 'back.wav'))).toBe(true);
  });

  it("test somebody's own model with the kit's README", async () => {
    const model = `
import { BatchNorm1d, ConfiguredModel, Linear, loadPretrained, ownFamily, ReLU, scope, Sequential } from '@hourglass/core';
export class Autoencoder extends ConfiguredModel {
  modelType = 'autoencoder';
  constructor(config, generator) {
    super();
    this.config = config;
    const options = generator && { generator };
    this.encoder = new Sequential(new Linear(config.channels, config.width, options), new BatchNorm1d(config.width), new ReLU());
    this.decoder = new Linear(config.width, config.channels, options);
  }
  forward(x) {
    return scope(() => this.decoder.forward(this.encoder.forward(x)));
  }
  static fromPretrained(folder) {
    return loadPretrained(folder, [ownFamily('autoencoder', (config) => new Autoencoder(config))]);
  }
}
`;
    for (const folder of ['src', 'test']) mkdirSync(join(project, 'own', folder), { recursive: true });
    writeFileSync(join(project, 'own/src/index.js'), model);
    const readme = readFileSync(join(root, 'packages/testing/README.md'), 'utf8');
    const [, code] = /```ts\n([\s\S]*?)```/.exec(readme)!;
    writeFileSync(join(project, 'own/test/autoencoder.test.js'), code!);
    expect(await inProject('npx', 'vitest', 'run')).toMatchObject({
      code: 0,
      output: expect.stringMatching(/Tests .*12 passed/) as string,
    });
  });

  it('have declarations that compile strictly', async () => {
    mkdirSync(join(project, 'types'), { recursive: true });
    const source = `
import type { Tensor } from '@tensorflow/tfjs-core';
import { AdamW, fit, functional, layouts, Linear, losses, metrics, Module, useBackend, type BackendChoice, type Dataset } from '@hourglass/core';
import { expectGradient } from '@hourglass/core/testing';
import { createSegmentationModel, SegmentationModel, trainSegmentation } from '@hourglass/vision';
import { openSegmentationDataset } from '@hourglass/vision/node';
import { EdgeIndex, GCNConv, GraphData, NeighborLoader } from '@hourglass/graph';
import { openGraph } from '@hourglass/graph/node';
import { EncodecModel, WhisperForConditionalGeneration, decodeWav, siSdr } from '@hourglass/audio';
import { readSound } from '@hourglass/audio/node';
import { testModel, type ModelFacts } from '@hourglass/testing';
export const test: <I>(facts: ModelFacts<SegmentationModel, I>) => void = (facts) => testModel('own', facts);
export const sounds: unknown[] = [EncodecModel, WhisperForConditionalGeneration, decodeWav, siSdr, readSound];
export const graphs: unknown[] = [EdgeIndex, GCNConv, GraphData, NeighborLoader, openGraph];
export const choice: Promise<BackendChoice> = useBackend();
export const model: SegmentationModel = createSegmentationModel({ architecture: 'unet', encoder: 'resnet18', classes: 3 });
export const logits: (x: Tensor) => Tensor = (x) => model.forward(x);
export class Own extends Module { readonly head = new Linear(2, 3); forward(x: Tensor): Tensor { return this.head.forward(x); } }
// @ts-expect-error an unknown architecture is a type error
createSegmentationModel({ architecture: 'unett', encoder: 'resnet18', classes: 3 });
export const all: unknown[] = [AdamW, fit, functional, layouts, losses, metrics, expectGradient, openSegmentationDataset, trainSegmentation];
export type D = Dataset<number>;
`;
    writeFileSync(join(project, 'types/consumer.ts'), source);
    const compile = async (skipLibCheck: boolean): Promise<string> => {
      const compilerOptions = {
        strict: true,
        module: 'NodeNext',
        target: 'ES2023',
        lib: ['ES2023', 'DOM'],
        types: ['node'],
        noEmit: true,
        skipLibCheck,
      };
      writeFileSync(join(project, 'types/tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
      return (await inProject(join(root, 'node_modules/.bin/tsc'), '-p', 'types', '--pretty', 'false')).output;
    };
    expect((await compile(true)).split('\n').filter((line) => line.includes('error TS'))).toEqual([]);
    // TFJS's own declarations do not compile without skipLibCheck (docs/decisions/0004); ours do.
    const ours = (await compile(false)).split('\n').filter((line) => /@hourglass|consumer\.ts/.test(line));
    expect(ours).toEqual([]);
  });
});
