import { mkdir, open, readdir, readFile, rename, rm, stat, truncate } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { FileError } from '../errors.js';
import { fileError } from './errors.js';
import type { Files, WritableFile } from './types.js';

async function attempt<T>(path: string, action: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw fileError(path, action, cause);
  }
}

async function writable(path: string, flags: 'w' | 'a'): Promise<WritableFile> {
  const handle = await attempt(path, 'write it', () => open(path, flags));
  return {
    write: (bytes) =>
      attempt(path, 'write it', async () => {
        for (let done = 0; done < bytes.byteLength;) {
          done += (await handle.write(bytes, done, Math.min(bytes.byteLength - done, 2 ** 30))).bytesWritten;
        }
      }),
    sync: () => attempt(path, 'write it', () => handle.sync()),
    close: () => attempt(path, 'write it', () => handle.close()),
  };
}

export const nodeFiles: Files = {
  cacheFolder: process.env['HOURGLASS_CACHE'] ?? join(homedir(), '.cache', 'hourglass'),

  async kind(path) {
    try {
      const found = await stat(path);
      return found.isDirectory() ? 'folder' : 'file';
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return null;
      throw fileError(path, 'look at it', cause);
    }
  },

  async open(path) {
    const handle = await attempt(path, 'open it', () => open(path, 'r'));
    const close = (): Promise<void> => attempt(path, 'close it', () => handle.close());
    try {
      const found = await attempt(path, 'open it', () => handle.stat());
      if (found.isDirectory()) throw new FileError(path, 'is a folder, a file was expected');
      return {
        size: found.size,
        close,
        read: (offset, length) =>
          attempt(path, 'read it', async () => {
            const bytes = new Uint8Array(length);
            for (let done = 0; done < length;) {
              const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, 2 ** 30), offset + done);
              if (bytesRead === 0) {
                throw new FileError(path, `truncated: it ends at byte ${offset + done}, ${offset + length} are needed`);
              }
              done += bytesRead;
            }
            return bytes;
          }),
      };
    } catch (error) {
      await close();
      throw error;
    }
  },

  read: (path) => attempt(path, 'read it', async () => new Uint8Array(await readFile(path))),

  create: (path) => writable(path, 'w'),
  append: (path) => writable(path, 'a'),
  truncate: (path, size) => attempt(path, 'shorten it', () => truncate(path, size)),
  list: (folder) => attempt(folder, 'list it', async () => (await readdir(folder)).sort()),

  async makeFolder(path) {
    await attempt(path, 'make the folder', () => mkdir(path, { recursive: true }));
  },

  rename: (from, to) => attempt(to, 'write it', () => rename(from, to)),
  remove: (path) => attempt(path, 'remove it', () => rm(path, { recursive: true, force: true })),

  async syncFolder(path) {
    // Windows cannot open a folder; there the rename itself is as durable as it gets.
    if (process.platform === 'win32') return;
    await attempt(path, 'write it', async () => {
      const handle = await open(path, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    });
  },
};
