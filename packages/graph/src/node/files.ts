import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { FileError, HourglassError } from '@hourglass/core';
import { fileError } from '@hourglass/core/node';

/** Most bytes of a file, once unpacked. */
export const defaultMaxBytes = 2 ** 31;

/** No line of any layout is nearly as long. */
const longestLine = 2 ** 24;

async function* chunksOf(path: string, maxBytes: number): AsyncGenerator<Uint8Array, void, void> {
  const file = createReadStream(path, { highWaterMark: 2 ** 18 });
  const isPacked = path.endsWith('.gz');
  const stream: Readable = isPacked ? file.pipe(createGunzip({ chunkSize: 2 ** 18 })) : file;
  if (isPacked) file.on('error', (error) => stream.destroy(error));
  let total = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      total += chunk.length;
      if (total > maxBytes) {
        const unpacked = isPacked ? ' once unpacked' : '';
        throw new FileError(path, `has more than ${maxBytes} bytes${unpacked}; set maxBytes if that is right`);
      }
      yield chunk;
    }
  } catch (error) {
    if (String((error as NodeJS.ErrnoException).code).startsWith('Z_')) {
      const { message } = error as Error;
      throw new FileError(path, `is damaged, it cannot be unpacked (${message}); copy it again`, { cause: error });
    }
    throw fileError(path, error);
  } finally {
    stream.destroy();
    file.destroy();
  }
}

/** All bytes of a file, unpacked when its name ends in .gz. @throws FileError when there are more than `maxBytes` */
export async function readBytes(path: string, maxBytes = defaultMaxBytes): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksOf(path, maxBytes)) chunks.push(chunk);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

/** @throws FileError when the text is not UTF-8 */
export async function readText(path: string, maxBytes?: number): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readBytes(path, maxBytes));
  } catch (error) {
    if (error instanceof HourglassError) throw error;
    throw new FileError(path, 'is not text in UTF-8', { cause: error });
  }
}

/** A file's lines without their ends, from number 1 on. Empty ones too. */
export async function forEachLine(
  path: string,
  maxBytes: number | undefined,
  take: (line: string, number: number) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  let number = 0;
  const next = (line: string): void => {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    number++;
    if (text.includes('\r'))
      throw new FileError(path, `line ${number} holds carriage returns; end lines with \\n or \\r\\n`);
    take(text, number);
  };
  for await (const chunk of chunksOf(path, maxBytes ?? defaultMaxBytes)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    if (rest.length > longestLine)
      throw new FileError(path, `line ${number + lines.length + 1} does not end; is it text?`);
    for (const line of lines) next(line);
  }
  rest += decoder.decode();
  if (rest !== '') next(rest);
}

/** Lines that hold something. */
export async function readLines(path: string, maxBytes?: number): Promise<string[]> {
  const lines: string[] = [];
  await forEachLine(path, maxBytes, (line) => {
    if (line.trim() !== '') lines.push(line);
  });
  return lines;
}

/** @throws FileError when there is nothing at the path */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw fileError(path, error);
  }
}

/** Names in a folder, sorted. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    throw fileError(folder, error);
  }
}

/** The path of the first of these names that the folder has, packed (.gz) or not. */
export function findIn(folder: string, names: readonly string[], candidates: readonly string[]): string | null {
  for (const candidate of candidates) {
    for (const name of [candidate, `${candidate}.gz`]) if (names.includes(name)) return join(folder, name);
  }
  return null;
}

/** The file name without folder, `.gz` and extension. */
export function stemOf(path: string): string {
  return basename(path)
    .replace(/\.gz$/, '')
    .replace(/\.[^.]+$/, '');
}

/** What `make` gives; an error about the values names the file. */
export function inFile<T>(path: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof FileError || !(error instanceof HourglassError)) throw error;
    throw new FileError(path, error.message, { cause: error });
  }
}
