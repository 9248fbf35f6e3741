import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  ConsoleReporter,
  fromArray,
  HourglassError,
  InvalidArgumentError,
  manualSeed,
  useBackend,
  type BackendName,
} from '@hourglass/core';
import {
  evaluateCodec,
  loadCodec,
  resampleWaveform,
  toMono,
  type CodecModel,
  type Sounds,
  type Waveform,
} from '@hourglass/audio';
import { openSoundFolder } from '@hourglass/audio/node';
import { melodies } from './melodies.js';
import { serve } from './serve.js';
import { sampleRate, trainSmallCodec } from './train.js';

const help = `Trains a small neural codec and serves a page: drop a sound there to see and hear what is left of it at 1, 2, 4 and 8 codebooks.

  npm run codec -- [--data FOLDER | --model SOURCE] [--epochs N] [--out FOLDER] [--port N] [--seed N] [--backend NAME]

  --data FOLDER   recordings to train on (default: melodies that it makes up)
  --model SOURCE  a codec instead of training one: a run of 'hourglass train codec', a folder, a hub id or a URL
  --epochs N      passes over the recordings (default 30)
  --out FOLDER    where everything goes (default codec-output)
  --port N        of the page; 0 takes a free one (default 8080)
  --seed N        decides the melodies, the weights and their order (default 0)
  --backend NAME  of the training: auto (default), tensorflow, webgpu, native, wasm or cpu`;

interface Settings {
  readonly data: string | undefined;
  readonly model: string | undefined;
  readonly out: string;
  readonly epochs: number;
  readonly port: number;
  readonly seed: number;
  readonly backend: BackendName;
}

function readSettings(): Settings | null {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      model: { type: 'string' },
      epochs: { type: 'string', default: '30' },
      out: { type: 'string', default: 'codec-output' },
      port: { type: 'string', default: '8080' },
      seed: { type: 'string', default: '0' },
      backend: { type: 'string', default: 'auto' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return null;
  const natural = (name: 'epochs' | 'port' | 'seed', least: number): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < least)
      throw new InvalidArgumentError(`--${name} takes a whole number of at least ${least}, not '${values[name]}'`);
    return value;
  };
  if (values.data !== undefined && values.model !== undefined)
    throw new InvalidArgumentError('--data trains a codec and --model takes one that is there: leave one of them out');
  // relative to where the user stands, not to this example
  const here = (path: string): string => resolve(process.env['INIT_CWD'] ?? process.cwd(), path);
  const { data, model } = values;
  return {
    data: data === undefined ? undefined : here(data),
    model: model !== undefined && existsSync(here(model)) ? here(model) : model,
    out: here(values.out),
    epochs: natural('epochs', 1),
    port: natural('port', 0),
    seed: natural('seed', 0),
    backend: values.backend as BackendName,
  };
}

/** Sounds to train on, and others to score. */
async function openSounds({
  data,
  seed,
}: Settings): Promise<{ readonly train: Sounds; readonly unseen: Sounds | null }> {
  if (data === undefined) return { train: melodies(64, seed), unseen: melodies(8, seed + 1) };
  const train = await openSoundFolder(data, { seed });
  const hasTest = train.splits.includes('test');
  return {
    train: await asTaken(train),
    unseen: hasTest ? await asTaken(await openSoundFolder(data, { split: 'test', seed })) : null,
  };
}

/** Recordings as the codec takes them, read once. */
async function asTaken(sounds: Sounds): Promise<Sounds> {
  const taken: Array<{ readonly waveform: Waveform }> = [];
  for (let i = 0; i < sounds.length; i++) {
    const { waveform } = await sounds.get(i);
    taken.push({ waveform: resampleWaveform(toMono(waveform), sampleRate) });
  }
  return fromArray(taken);
}

async function trained(settings: Settings): Promise<CodecModel<object>> {
  const { out, epochs, seed } = settings;
  const run = join(out, 'run');
  if (existsSync(run)) await rm(run, { recursive: true });
  const { train, unseen } = await openSounds(settings);
  manualSeed(seed);
  const reporter = new ConsoleReporter({ unit: 'pieces' });
  const model = await trainSmallCodec(train, { epochs, seed, run, fit: { reporter } });
  if (unseen === null) return model;
  console.log(`\n${unseen.length} sounds that training never saw`);
  for (const { codebooks, bitRate, siSdr } of await evaluateCodec(model, unseen))
    console.log(`  ${codebooks} codebooks  ${(bitRate / 1000).toFixed(1)} kbit/s  SI-SDR ${siSdr.toFixed(1)} dB`);
  return model;
}

try {
  const settings = readSettings();
  if (settings === null) console.log(help);
  else {
    console.log(`backend ${(await useBackend(settings.backend)).reason}`);
    const folder = join(settings.out, 'model');
    // before the training, so that a port that is taken is no surprise after it
    const { address, server } = await serve(folder, settings.port);
    try {
      const model = settings.model === undefined ? await trained(settings) : await loadCodec(settings.model);
      await model.savePretrained(folder);
      model.dispose();
    } catch (error) {
      server.close();
      throw error;
    }
    console.log(`\nthe codec lies in ${folder}; open ${address} and drop a sound there (Ctrl+C ends)`);
  }
} catch (error) {
  const { code } = error as NodeJS.ErrnoException;
  const isUsage = error instanceof HourglassError || code === 'EADDRINUSE' || code?.startsWith('ERR_PARSE_ARGS');
  if (!isUsage) throw error;
  console.error(`codec: ${(error as Error).message}`);
  process.exitCode = 2;
}
