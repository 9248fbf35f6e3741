import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  ConsoleReporter,
  HourglassError,
  InvalidArgumentError,
  manualSeed,
  useBackend,
  type BackendName,
} from '@hourglass/core';
import {
  createSegmentationModel,
  evaluateSegmentation,
  trainSegmentation,
  type SegmentationModel,
} from '@hourglass/vision';
import { openSegmentationDataset, predictFile, writeExampleSheet, type FolderDataset } from '@hourglass/vision/node';
import { writeDataset } from './scenes/index.js';

const help = `Draws street scenes with exact masks, trains a segmentation network on them, scores it on scenes that it never saw,
and checks that the saved model predicts the same in a new process.

  npm run quickstart -- [--out FOLDER] [--scenes N] [--epochs N] [--seed N] [--backend NAME]

  --out FOLDER    where everything goes (default quickstart-output)
  --scenes N      scenes to train on (default 576)
  --epochs N      passes over them (default 3)
  --seed N        decides the scenes, the weights and their order (default 0)
  --backend NAME  auto (default), tensorflow, webgpu, native, wasm or cpu`;

/** What a run must reach on unseen scenes, so that a broken build does not look like a working one. */
const target = { meanIou: 0.8, aboveMajority: 0.5 };
const unseenScenes = 48;

interface Settings {
  readonly out: string;
  readonly scenes: number;
  readonly epochs: number;
  readonly seed: number;
  readonly backend: string;
}

function readSettings(): Settings | null {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: 'quickstart-output' },
      scenes: { type: 'string', default: '576' },
      epochs: { type: 'string', default: '3' },
      seed: { type: 'string', default: '0' },
      backend: { type: 'string', default: 'auto' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return null;
  const natural = (name: 'scenes' | 'epochs' | 'seed', least: number): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < least)
      throw new InvalidArgumentError(`--${name} takes a whole number of at least ${least}, not '${values[name]}'`);
    return value;
  };
  // relative to where the user stands, not to this example
  const out = resolve(process.env['INIT_CWD'] ?? process.cwd(), values.out);
  return {
    out,
    scenes: natural('scenes', 8),
    epochs: natural('epochs', 1),
    seed: natural('seed', 0),
    backend: values.backend,
  };
}

async function quickstart({ out, scenes, epochs, seed, backend }: Settings): Promise<boolean> {
  const start = performance.now();
  console.log(`backend ${(await useBackend(backend as BackendName)).reason}`);
  const folder = (name: string): string => join(out, name);
  if (existsSync(folder('run'))) await rm(folder('run'), { recursive: true });

  console.log(`drawing ${scenes} scenes to train on and ${unseenScenes} that training will not see`);
  await writeDataset(folder('scenes'), scenes, seed);
  await writeDataset(folder('unseen'), unseenScenes, seed + 1);
  const train = await openSegmentationDataset(folder('scenes'), { split: 'all' });
  const unseen = await openSegmentationDataset(folder('unseen'), { split: 'all' });

  manualSeed(seed);
  const model = createSegmentationModel({
    architecture: 'unet',
    encoder: { type: 'unet', channels: [12, 24, 48, 96] },
    classes: train.classes.length,
  });
  console.log(
    `training a U-Net of ${model.parameterCount.toLocaleString('en')} parameters on ${train.classes.join(', ')}`,
  );
  await trainSegmentation(model, train, {
    epochs,
    batchSize: 4,
    learningRate: 6e-3,
    loss: 'ce+dice',
    // there is a new scene for every step, so nothing needs to be made up
    augment: 'none',
    seed,
    run: folder('run'),
    fit: { reporter: new ConsoleReporter({ unit: 'images' }) },
  });

  const scores = await evaluateSegmentation(model, unseen);
  console.log(`\n${unseen.length} unseen scenes`);
  scores.iou.forEach((iou, id) => console.log(`  ${train.classes[id]!.padEnd(12)} IoU ${iou.toFixed(3)}`));
  console.log(
    `  mean IoU ${scores.meanIou.toFixed(3)}; calling everything the majority class would give ${scores.majorityMeanIou.toFixed(3)}`,
  );

  const sheet = folder('predictions.png');
  await writeExampleSheet(model, unseen, sheet, { title: 'Street scenes that training never saw' });
  await model.savePretrained(folder('model'));
  await predictAll(model, unseen, folder('predictions'));
  model.dispose();
  const isSame = await predictAgain(out, backend);
  console.log(
    isSame
      ? 'a new process loaded the saved model and predicted the same masks'
      : 'A NEW PROCESS PREDICTED OTHER MASKS',
  );

  const isGood = scores.meanIou >= target.meanIou && scores.meanIou - scores.majorityMeanIou >= target.aboveMajority;
  if (!isGood) console.log(`that is below the ${target.meanIou} that this example should reach`);
  console.log(`\nlook at ${sheet}\n${((performance.now() - start) / 1000).toFixed(0)} s in all`);
  return isGood && isSame;
}

/** Writes mask and overlay of every scene. */
async function predictAll(model: SegmentationModel, { files, names }: FolderDataset, folder: string): Promise<void> {
  for (const [i, { image }] of files.entries()) {
    await predictFile(model, image, {
      mask: join(folder, `${names[i]}-mask.png`),
      overlay: join(folder, `${names[i]}-overlay.png`),
    });
  }
}

/** Loads the saved model in a new process, and compares what it predicts with the masks on disk. */
async function predictAgain(out: string, backend: string): Promise<boolean> {
  const script = fileURLToPath(new URL('./predict-again.ts', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, script, out, backend], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0));
  });
}

try {
  const settings = readSettings();
  if (settings === null) console.log(help);
  else process.exitCode = (await quickstart(settings)) ? 0 : 1;
} catch (error) {
  const isUsage =
    error instanceof HourglassError || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS');
  if (!isUsage) throw error;
  console.error(`quickstart: ${(error as Error).message}`);
  process.exitCode = 2;
}
