import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeWav, encodeWav, SoundStream } from '@hourglass/audio';
import { tasks } from '@hourglass/audio/tasks';
import { main } from '@hourglass/cli';
import { Generator, normalTensor, scope, type TaskContext } from '@hourglass/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

const packages = [{ name: '@hourglass/audio', version: '0', folder: '', tasks }];
let folder: string;
let lines: string[];
let errors: string;

async function hourglass(command: string): Promise<number> {
  const { signal } = new AbortController();
  const context: TaskContext = { print: (line) => lines.push(line), signal };
  return main(command.replaceAll('@', `${folder}/`).split(' '), packages, context);
}

const at = (name: string): string => join(folder, name);
const samplesOf = (name: string): Float32Array => decodeWav(readFileSync(at(name)), { name }).channels[0]!;
const differs = (a: Float32Array, b: Float32Array): number => {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, t) => Math.max(most, Math.abs(value - b[t]!)), 0);
};

/** Chords, some to train on and some held out. */
function writeSounds(): void {
  const generator = new Generator(4);
  for (const [split, count] of [
    ['train', 6],
    ['test', 2],
  ] as const) {
    mkdirSync(at(`sounds/${split}`), { recursive: true });
    for (let i = 0; i < count; i++) {
      const notes = [0, 1].map(() => generator.uniform(200, 900));
      const channel = Float32Array.from({ length: 3000 + i }, (_, t) =>
        notes.reduce((sum, f) => sum + 0.2 * Math.sin((2 * Math.PI * f * t) / 8000), 0),
      );
      writeFileSync(at(`sounds/${split}/${i}.wav`), encodeWav({ channels: [channel], sampleRate: 8000 }));
    }
  }
  // more than two blocks
  const long = Float32Array.from({ length: 40_000 }, (_, t) => 0.2 * Math.sin(t / 9));
  writeFileSync(at('long.wav'), encodeWav({ channels: [long], sampleRate: 8000 }));
}

const sizes =
  '--filters 2 --frame-width 8 --ratios 4,5 --residual-units 1 --residual-kernel 3 --codebooks 4 --codebook-size 16';
const quick = '--segment 0.1 --batch-size 16 --epochs 1 --mel-windows 64,256 --discriminator none --backend wasm';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hourglass-cli-'));
  writeSounds();
  lines = [];
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  expect(await hourglass(`train codec --data @sounds --run @run --examples 1 ${sizes} ${quick}`)).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  [lines, errors] = [[], ''];
  vi.spyOn(console, 'error').mockImplementation((text: unknown) => void (errors += `${String(text)}\n`));
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
});
afterEach(() => void vi.restoreAllMocks());

const model = '--model @run --backend wasm';

describe('hourglass … codec', () => {
  it('trains, and writes scores, sounds and pictures of held-out recordings', async () => {
    expect(readdirSync(at('run'))).toEqual(
      expect.arrayContaining(['checkpoints', 'examples', 'metrics.jsonl', 'scores-test.json', 'settings.json']),
    );
    expect(readdirSync(at('run/examples')).sort()).toEqual([
      '0-1-codebooks.wav', '0-2-codebooks.wav', '0-4-codebooks.wav', '0-original.wav', '0.png',
    ]); // prettier-ignore
    const { scores } = JSON.parse(readFileSync(at('run/scores-test.json'), 'utf8')) as { scores: object[] };
    expect(scores.length).toBe(3);
    expect(await hourglass(`evaluate codec --data @sounds ${model} --codebooks 2,4 --json @scores.json`)).toBe(0);
    expect(lines.join('\n')).toMatch(/2 recordings of the test split\ncodebooks +bit\/s[^]*\n +2 +3200[^]*\n +4 +6400/);
    expect(JSON.parse(readFileSync(at('scores.json'), 'utf8'))).toEqual({
      split: 'test',
      scores: [scores[1], scores[2]],
    });
  });

  it('encodes and decodes files, whole and as streams with equal results', async () => {
    const sound = samplesOf('sounds/test/0.wav');
    expect(await hourglass(`codec encode @sounds/test/0.wav @a.hgc ${model} --bandwidth 4`)).toBe(0);
    expect(lines.join('\n')).toMatch(
      /0\.wav \(0\.38 s\) -> .*a\.hgc: \d+ bytes, 2 codebooks at 3\.20 kbit\/s, .* faster/,
    );
    expect(await hourglass(`codec decode @a.hgc @a.wav ${model}`)).toBe(0);
    const whole = samplesOf('a.wav');
    expect(whole.length).toBe(sound.length);
    expect(await hourglass(`codec decode @a.hgc @b.wav ${model} --stream --piece 50`)).toBe(0);
    expect(differs(samplesOf('b.wav'), whole)).toBeLessThan(1e-4);
    expect(await hourglass(`codec encode @sounds/test/0.wav @s.hgc ${model} --codebooks 2 --stream`)).toBe(0);
    expect(await hourglass(`codec decode @s.hgc @s.wav ${model}`)).toBe(0);
    expect(differs(samplesOf('s.wav'), whole)).toBeLessThan(1e-4);
    lines = [];
    expect(await hourglass(`info codec @a.hgc ${model}`)).toBe(0);
    expect(lines.join('\n')).toMatch(/codec +soundstream, fingerprint [0-9a-f]{16}\nsound +0\.38 s, mono, 8000 Hz/);
    expect(lines.join('\n')).toMatch(/bit rate +3\.20 kbit\/s; with framing .*\nstate +complete/);
    expect(lines.join('\n')).toMatch(/kind +soundstream[^]*codebooks +4 of 16, 1\.60 to 6\.40 kbit\/s/);
    expect(errors).toBe('');
  });

  it('takes noise out where the model was trained to and the user wants it', async () => {
    const generator = new Generator(7);
    const sizes = { sampling_rate: 8000, num_filters: 2, hidden_size: 8, upsampling_ratios: [4, 5], codebook_size: 16 };
    const told = new SoundStream({ ...sizes, num_quantizers: 2, denoise: 'decoder' }, { generator });
    told
      .film!.parameters()
      .forEach((parameter) => scope(() => parameter.assign(normalTensor(parameter.shape, 0, 1, generator))));
    await told.savePretrained(at('told'));
    told.dispose();
    const its = '--model @told --backend wasm';
    expect(await hourglass(`codec encode @sounds/test/0.wav @n.hgc ${its}`)).toBe(0);
    expect(await hourglass(`codec decode @n.hgc @n.wav ${its}`)).toBe(0);
    expect(await hourglass(`codec decode @n.hgc @clean.wav ${its} --denoise`)).toBe(0);
    expect(differs(samplesOf('clean.wav'), samplesOf('n.wav'))).toBeGreaterThan(1e-3);
    expect(await hourglass(`codec encode @sounds/test/0.wav @n.hgc ${its} --denoise`)).toBe(2);
    expect(errors).toMatch(
      '--denoise: the model cannot take noise out in its encoder; train one with --denoise encoder',
    );
  });

  it('takes sound of another sample rate for as long as it lasts', async () => {
    const tone = (sampleRate: number): Float32Array =>
      Float32Array.from({ length: sampleRate / 2 }, (_, t) => 0.3 * Math.sin((2 * Math.PI * 300 * t) / sampleRate));
    for (const sampleRate of [8000, 32_000]) {
      writeFileSync(at(`rate-${sampleRate}.wav`), encodeWav({ channels: [tone(sampleRate)], sampleRate }));
      expect(await hourglass(`codec encode @rate-${sampleRate}.wav @rate.hgc ${model}`)).toBe(0);
      expect(lines.pop()).toMatch(/\.wav \(0\.50 s\) ->/);
      expect(await hourglass(`codec decode @rate.hgc @rate-${sampleRate}.wav ${model}`)).toBe(0);
    }
    expect(samplesOf('rate-32000.wav').length).toBe(4000);
    // the codes of nearly the same samples are nearly the same
    const [a, b] = [samplesOf('rate-8000.wav'), samplesOf('rate-32000.wav')];
    const power = (x: Float32Array): number => x.reduce((sum, value) => sum + value ** 2, 0);
    expect(power(a.map((value, t) => value - b[t]!))).toBeLessThan(power(a) / 2);
  });

  it('decodes what there is of a stream that was cut, and says what is wrong with a damaged one', async () => {
    expect(await hourglass(`codec encode @long.wav @c.hgc ${model}`)).toBe(0);
    const bytes = readFileSync(at('c.hgc'));
    writeFileSync(at('cut.hgc'), bytes.subarray(0, bytes.length - 20));
    for (const how of ['', ' --stream']) {
      lines = [];
      expect(await hourglass(`codec decode @cut.hgc @cut.wav ${model}${how}`)).toBe(0);
      expect(lines.join('\n')).toMatch(
        /cut\.hgc: the stream was cut amid block 2, after 1600 of 2000 frames; what comes before is decoded/,
      );
      expect(samplesOf('cut.wav').length).toBe(32_000);
    }
    writeFileSync(at('head.hgc'), bytes.subarray(0, 200));
    expect(await hourglass(`codec decode @head.hgc @head.wav ${model}`)).toBe(2);
    expect(errors).toMatch(
      /head\.hgc: the stream was cut amid block 0, after 0 of 2000 frames; there is nothing to decode/,
    );
    const flipped = Uint8Array.from(bytes);
    flipped[bytes.length - 200]! ^= 4;
    writeFileSync(at('flipped.hgc'), flipped);
    for (const how of ['', ' --stream']) {
      errors = '';
      expect(await hourglass(`codec decode @flipped.hgc @f.wav ${model}${how}`)).toBe(2);
      expect(errors).toMatch(/flipped\.hgc: block 2: it is damaged, its checksum is wrong/);
      expect(await hourglass(`codec decode @flipped.hgc @f.wav ${model} --partial${how}`)).toBe(0);
    }
    writeFileSync(at('text.hgc'), 'no stream at all');
    expect(await hourglass(`info codec @text.hgc`)).toBe(2);
    expect(errors).toMatch(/text\.hgc: this is no \.hgc stream/);
  });

  it('refuses a model that did not make the stream, rates that do not exist, and missing files', async () => {
    expect(await hourglass(`codec encode @sounds/test/1.wav @d.hgc ${model}`)).toBe(0);
    expect(await hourglass(`train codec --data @sounds --run @other --examples 0 --seed 1 ${sizes} ${quick}`)).toBe(0);
    expect(await hourglass(`codec decode @d.hgc @d.wav --model @other --backend wasm`)).toBe(2);
    expect(errors).toMatch(/made by another codec: soundstream .* of the same configuration but with other weights/);
    for (const [options, message] of [
      ['--codebooks 5', 'the model has 4 codebooks, not 5'],
      ['--codebooks 1 --bandwidth 3', 'give --codebooks or --bandwidth, not both'],
      ['--bandwidth 1', 'the model needs 1.60 kbit/s for one codebook, --bandwidth is 1'],
    ] as const) {
      errors = '';
      expect(await hourglass(`codec encode @sounds/test/1.wav @e.hgc ${model} ${options}`)).toBe(2);
      expect(errors).toMatch(message);
    }
    expect(await hourglass(`codec encode @nothing.wav @e.hgc ${model}`)).toBe(2);
  });
});
