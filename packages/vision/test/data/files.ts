import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll } from 'vitest';

/** A folder that is removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hourglass-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a text or a file's bytes, with the folders above it. */
export function put(path: string, content: string | Uint8Array): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** An RGB picture whose values follow from the place. */
export function rgb(width: number, height: number): Buffer {
  return Buffer.from(Array.from({ length: width * height * 3 }, (_, i) => (i * 37 + Math.floor(i / 7) * 11) % 256));
}

export async function putImage(path: string, width: number, height: number): Promise<string> {
  const pipeline = sharp(rgb(width, height), { raw: { width, height, channels: 3 } });
  const bytes = /\.jpe?g$/i.test(path) ? await pipeline.jpeg().toBuffer() : await pipeline.png().toBuffer();
  return put(path, bytes);
}

/** A grey PNG of these ids. */
export async function greyPng(ids: ArrayLike<number>, width: number, height: number): Promise<Buffer> {
  return sharp(Uint8Array.from(ids), { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}

export async function putMask(path: string, ids: ArrayLike<number>, width: number, height: number): Promise<string> {
  return put(path, await greyPng(ids, width, height));
}
