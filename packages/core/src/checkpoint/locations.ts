import { FileError, InvalidArgumentError } from '../errors.js';
import { fileError } from '../platform/errors.js';
import type { Files, ReadableFile } from '../platform/types.js';

/** A place with named files: a folder, the part of a URL before the file name, or a repository on the hub. */
export interface Location {
  path(name: string): string;
  /** Null when there is no such file. */
  open(name: string): Promise<ReadableFile | null>;
  /** Names of what is there, where that can be told. */
  list(): Promise<string[]>;
}

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

export function localFolder(folder: string, files: Files): Location {
  const path = (name: string): string => `${folder.replace(/\/+$/, '')}/${name}`;
  return {
    path,
    open: async (name) => ((await files.kind(path(name))) === 'file' ? files.open(path(name)) : null),
    list: () => files.list(folder),
  };
}

/** @param base ends with a slash. */
export function urlFolder(base: string, fetch: Fetch): Location {
  const path = (name: string): string => base + name.split('/').map(encodeURIComponent).join('/');
  return { path, open: (name) => openUrl(path(name), fetch), list: async () => [] };
}

/** Files of a URL, kept in a local folder once they have been fetched whole. */
export function cachedFolder(base: string, folder: string, fetch: Fetch, files: Files): Location {
  const remote = urlFolder(base, fetch);
  const local = localFolder(folder, files);
  return {
    path: local.path,
    async open(name) {
      const held = await local.open(name);
      if (held !== null) return held;
      return (await download(remote.path(name), local.path(name), fetch, files)) ? local.open(name) : null;
    },
    list: async () => ((await files.kind(folder)) === 'folder' ? local.list() : []),
  };
}

/** The address of a hub repository's files. */
export function hubUrl(id: string, revision: string, endpoint: string): string {
  return `${endpoint.replace(/\/+$/, '')}/${id}/resolve/${encodeURIComponent(revision)}/`;
}

/** The folder of a hub repository in the cache; revisions such as `refs/pr/1` become one name. */
export function hubCache(cache: string, id: string, revision: string): string {
  if (/^\.*$/.test(revision)) throw new InvalidArgumentError(`revision '${revision}' is not a branch, tag or commit`);
  return `${cache.replace(/\/+$/, '')}/${id.replaceAll('/', '--')}/${encodeURIComponent(revision)}`;
}

async function request(url: string, fetch: Fetch, headers: Record<string, string> = {}): Promise<Response | null> {
  let response: Response;
  try {
    response = await fetch(url, { headers });
  } catch (cause) {
    throw new FileError(url, `cannot be fetched: ${(cause as Error).message}; check the address and the connection`, {
      cause,
    });
  }
  if (response.status === 404) return null;
  if (response.status === 401 || response.status === 403) {
    throw new FileError(
      url,
      `access denied (HTTP ${response.status}): it does not exist, or is private; check its name, or download it and pass the folder`,
    );
  }
  if (!response.ok && response.status !== 416) {
    throw new FileError(url, `cannot be fetched: HTTP ${response.status} ${response.statusText}; try again later`);
  }
  return response;
}

async function body(response: Response, url: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new FileError(url, `the connection broke: ${(cause as Error).message}; try again`, { cause });
  }
}

/** Checkpoints are read front to back, so neighbouring tensors come with one request. */
const readAhead = 4 * 2 ** 20;

async function openUrl(url: string, fetch: Fetch): Promise<ReadableFile | null> {
  const first = await request(url, fetch, { Range: `bytes=0-${readAhead - 1}` });
  if (first === null) return null;
  const size = first.status === 206 ? totalSize(first) : null;
  if (size === null) {
    // The server ignores ranges (or does not tell the size): the whole file, then.
    const response = first.status === 200 ? first : await request(url, fetch);
    if (response === null || response.status === 416) return inMemory(new Uint8Array(0), url);
    return inMemory(await body(response, url), url);
  }
  let held = { begin: 0, bytes: await body(first, url) };
  return {
    size,
    close: async () => {},
    async read(offset, length) {
      if (offset + length > size) throw new FileError(url, `truncated: it ends at byte ${size}`);
      if (offset < held.begin || offset + length > held.begin + held.bytes.byteLength) {
        const end = Math.min(size, offset + Math.max(length, readAhead));
        const response = await request(url, fetch, { Range: `bytes=${offset}-${end - 1}` });
        if (response?.status !== 206 || totalSize(response) !== size) {
          throw new FileError(url, 'changed on the server while it was being read; read it again');
        }
        held = { begin: offset, bytes: await body(response, url) };
        if (held.bytes.byteLength !== end - offset) {
          throw new FileError(url, `the server sent ${held.bytes.byteLength} of ${end - offset} bytes; try again`);
        }
      }
      return held.bytes.slice(offset - held.begin, offset - held.begin + length);
    },
  };
}

function inMemory(bytes: Uint8Array<ArrayBuffer>, url: string): ReadableFile {
  return {
    size: bytes.byteLength,
    close: async () => {},
    async read(offset, length) {
      if (offset + length > bytes.byteLength)
        throw new FileError(url, `truncated: it ends at byte ${bytes.byteLength}`);
      return bytes.slice(offset, offset + length);
    },
  };
}

function totalSize(response: Response): number | null {
  const total = /^bytes \d+-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  return total === undefined ? null : Number(total);
}

/** Streams a URL into a file that appears only when it is whole. False when there is no such URL. */
async function download(url: string, path: string, fetch: Fetch, files: Files): Promise<boolean> {
  const response = await request(url, fetch);
  if (response === null) return false;
  const announced = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
  await files.makeFolder(path.slice(0, path.lastIndexOf('/')));
  const part = `${path}.${crypto.randomUUID()}.part`;
  try {
    const file = await files.create(part);
    let size = 0;
    try {
      for await (const chunk of response.body ?? []) {
        await file.write(chunk);
        size += chunk.byteLength;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (announced !== null && Number(announced) !== size) {
      throw new FileError(url, `the server sent ${size} of ${announced} bytes; try again`);
    }
    await files.rename(part, path);
  } catch (cause) {
    await files.remove(part);
    throw fileError(url, 'download it', cause);
  }
  return true;
}
