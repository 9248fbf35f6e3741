import type { Dirent, Stats } from 'node:fs';
import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { writeFilesAtomically } from '../checkpoint/atomic.js';
import { FileError } from '../errors.js';
import { explain } from '../platform/errors.js';
import { nodeFiles } from '../platform/node-files.js';

// what is said of the path itself, which a name of the failed action does not precede here
const ofThePath: Readonly<Record<string, string>> = {
  EACCES: 'may not be read or written with your permissions; change them or copy it elsewhere',
  EPERM: 'may not be read or written with your permissions; change them or copy it elsewhere',
  ENOTDIR: 'is not a folder',
};

/** What went wrong with a file or folder, in words that help. */
export function fileError(path: string, error: unknown): FileError {
  if (error instanceof FileError) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  return new FileError(path, ofThePath[code] ?? explain(error), { cause: error });
}

/** The bytes of a file that must hold something. */
export async function readBytes(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  if (bytes.length === 0) throw new FileError(path, 'is empty (0 bytes); copy it again or remove it');
  return bytes;
}

/** A text file's lines, trimmed, without empty ones and comments (`#`). */
export async function readLines(path: string): Promise<string[]> {
  const text = new TextDecoder().decode(await readBytes(path));
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** A JSON file for people to read too. */
export function writeJson(path: string, value: unknown): Promise<void> {
  return writeAtomically(path, `${JSON.stringify(value, null, 1)}\n`);
}

/** Whether there is a folder at this path. */
export async function isFolder(path: string): Promise<boolean> {
  return (await status(path))?.isDirectory() ?? false;
}

/** Whether there is a file at this path. */
export async function isFile(path: string): Promise<boolean> {
  return (await status(path))?.isFile() ?? false;
}

async function status(path: string): Promise<Stats | null> {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw fileError(path, error);
  });
}

/** Says that a file or folder cannot be written at this path, where that shows before the work for it is done. @throws FileError */
export async function checkWritable(path: string, kind: 'file' | 'folder'): Promise<void> {
  const present = await status(path);
  if (kind === 'file' && present?.isDirectory()) throw new FileError(path, 'is a folder, a file was expected');
  if (kind === 'folder' && present?.isFile()) throw new FileError(path, 'is a file, a folder was expected');
  // a file is written beside itself first, and missing folders are made
  let folder = kind === 'file' ? dirname(resolve(path)) : resolve(path);
  // a drive that is not there is above itself
  while ((await status(folder)) === null && dirname(folder) !== folder) folder = dirname(folder);
  if (await isFile(folder)) {
    throw new FileError(path, `cannot be written: ${folder} is a file, a folder was expected`);
  }
  await access(folder, constants.W_OK).catch((error: unknown) => {
    throw fileError(path, error);
  });
}

/** What a folder holds, sorted by name. */
export async function listFolder(path: string): Promise<Dirent[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError(path, error);
  });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Writes a file whole or not at all. Makes the folder. @throws FileError */
export function writeAtomically(path: string, content: Uint8Array | string): Promise<void> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return writeFilesAtomically(nodeFiles, dirname(path), [[basename(path), (file) => file.write(bytes)]]);
}
