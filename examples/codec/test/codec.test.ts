import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { manualSeed, useBackend } from '@hourglass/core';
import { decodeWav, encodeWav } from '@hourglass/audio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { melodies } from '../src/melodies.js';
import { serve } from '../src/serve.js';
import { sampleRate, trainSmallCodec } from '../src/train.js';

const folder = mkdtempSync(join(tmpdir(), 'codec-'));
let server: Server;
let address: string;
afterAll(() => {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A codec after a step: it has codes, if no good ones. */
beforeAll(async () => {
  await useBackend('wasm');
  manualSeed(0);
  const model = await trainSmallCodec(melodies(1, 3), { steps: 1, batchSize: 1, segment: 0.1, melWindows: [256] });
  await model.savePretrained(folder);
  model.dispose();
  ({ address, server } = await serve(folder, 0));
});

it('melodies are the same again from the same seed, sound, and stay within full scale', async () => {
  const [first, again, other] = await Promise.all(
    [melodies(2, 3), melodies(2, 3), melodies(2, 4)].map(async (sounds) => (await sounds.get(1)).waveform.channels[0]!),
  );
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
  expect(Math.max(...first!.map(Math.abs))).toBeCloseTo(0.7, 5);
});

it('what is not there is no fault of the server', async () => {
  const paths = ['', '//', 'model/', 'model/config.json', 'nothing.js'];
  const answers = await Promise.all(paths.map((path) => fetch(address + path)));
  expect(answers.map(({ status }) => status)).toEqual([200, 404, 404, 200, 404]);
});

const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
describe.skipIf(executable === undefined)(`the page in ${executable ?? 'a browser (there is none)'}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executable!, args: ['--no-sandbox', '--headless'] });
  });
  afterAll(() => browser?.close());

  it('shows and plays a sound at all bit rates, and says what is wrong with a file that is none', async () => {
    const page = await browser.newPage();
    await page.goto(address);
    await page.waitForSelector('#file:enabled');
    expect(await page.textContent('#status')).toMatch(/^Ready. Backend wasm/);

    const { waveform } = await melodies(1, 6).get(0);
    const buffer = Buffer.from(encodeWav({ channels: waveform.channels.map((x) => x.subarray(0, 4000)), sampleRate }));
    await page.setInputFiles('#file', { name: 'melody.wav', mimeType: 'audio/wav', buffer });
    await page.waitForFunction("document.querySelector('#status').textContent === 'melody.wav is coded.'");
    const captions = await page.locator('figcaption').allTextContents();
    expect(captions[0]).toBe('melody.wav, 16 kHz');
    const rates = captions
      .slice(1)
      .map((text) => /^(\d) of 8 codebooks: (.*) kbit\/s, SI-SDR .* dB, (\d+) bytes$/.exec(text));
    expect(rates.map((found) => found?.slice(1, 3))).toEqual([
      ['1', '0.8'],
      ['2', '1.6'],
      ['4', '3.2'],
      ['8', '6.4'],
    ]);
    const sizes = rates.map((found) => Number(found![3]));
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    // what is heard is as long as what was dropped
    const players = await page.$$eval('audio', (all) =>
      Promise.all(all.map(async ({ src }) => [...new Uint8Array(await (await fetch(src)).arrayBuffer())])),
    );
    expect(players.map((bytes) => decodeWav(Uint8Array.from(bytes)).channels[0]!.length)).toEqual(Array(5).fill(4000));
    // and what is seen is not one colour
    const colours = await page.$$eval('canvas', (all) =>
      all.map((canvas) => {
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size;
      }),
    );
    expect(Math.min(...colours)).toBeGreaterThan(20);

    await page.setInputFiles('#file', {
      name: 'letter.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('Dear reader'),
    });
    await page.waitForFunction("document.querySelector('#status').textContent.startsWith('letter.txt: ')");
    await page.close();
  });
});
