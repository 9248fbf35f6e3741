import { FileError } from '../errors.js';

/** Element types of the safetensors format. */
export type SafetensorsDtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

/** Bytes of one element. */
export const bytesOf: Readonly<Record<SafetensorsDtype, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** One tensor as the file holds it: little-endian, row-major, in the reference's layout. */
export interface StoredTensor {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** The format's own cap on the header; a larger one is an attack or a broken file. */
export const maxHeaderBytes = 100_000_000;

export interface SafetensorsEntry {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** Reads the length that the first 8 bytes announce, and checks it against the size of the file. */
export function headerLength(prefix: Uint8Array, fileSize: number, path: string): number {
  if (prefix.byteLength < 8) throw new FileError(path, `not a safetensors file: only ${prefix.byteLength} bytes long`);
  const announced = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  if (announced > BigInt(maxHeaderBytes)) {
    throw new FileError(
      path,
      `not a safetensors file: it announces a header of ${announced} bytes (at most ${maxHeaderBytes})`,
    );
  }
  if (announced + 8n > BigInt(fileSize)) {
    throw new FileError(
      path,
      `truncated: its header should have ${announced} bytes, the whole file has ${fileSize}; copy it again`,
    );
  }
  return Number(announced);
}

/** Parses and validates a header: known dtypes, sizes that match shapes, ranges that tile the data without gap or overlap. */
export function parseHeader(
  header: Uint8Array,
  dataBytes: number,
  path: string,
): { metadata: Record<string, string>; entries: Map<string, SafetensorsEntry> } {
  let text: string;
  let parsed: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(header);
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new FileError(path, 'damaged: its safetensors header is not valid JSON; copy it again', { cause });
  }
  if (!isRecord(parsed)) throw new FileError(path, 'damaged: its safetensors header is not a JSON object');
  const repeated = repeatedKey(text);
  if (repeated !== null) throw new FileError(path, `damaged: tensor '${repeated}' is described twice`);
  const { __metadata__: rawMetadata, ...rest } = parsed;
  const metadata: Record<string, string> = {};
  if (rawMetadata !== undefined) {
    if (!isRecord(rawMetadata)) throw new FileError(path, 'damaged: __metadata__ is not a JSON object');
    for (const [key, value] of Object.entries(rawMetadata)) metadata[key] = String(value);
  }
  const entries = new Map<string, SafetensorsEntry>();
  for (const [name, value] of Object.entries(rest)) entries.set(name, parseEntry(name, value, path));
  let end = 0;
  for (const [name, entry] of [...entries].sort((a, b) => a[1].begin - b[1].begin || a[1].end - b[1].end)) {
    if (entry.begin !== end)
      throw new FileError(path, `damaged: tensor '${name}' begins at byte ${entry.begin}, expected ${end}`);
    end = entry.end;
  }
  if (end > dataBytes)
    throw new FileError(path, `truncated: its tensors need ${end} bytes, the file holds ${dataBytes}; copy it again`);
  if (end < dataBytes) throw new FileError(path, `damaged: ${dataBytes - end} bytes at its end belong to no tensor`);
  return { metadata, entries };
}

function parseEntry(name: string, value: unknown, path: string): SafetensorsEntry {
  const bad = (why: string): FileError => new FileError(path, `damaged: tensor '${name}' ${why}`);
  if (!isRecord(value)) throw bad('has no description');
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(bytesOf, dtype)) {
    throw bad(`has element type ${JSON.stringify(dtype)}; known are ${Object.keys(bytesOf).join(', ')}`);
  }
  const natural = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(natural)) throw bad(`has shape ${JSON.stringify(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(natural))
    throw bad(`has offsets ${JSON.stringify(offsets)}`);
  const [begin, end] = offsets as [number, number];
  const bytes = (shape as number[]).reduce((size, d) => size * d, 1) * bytesOf[dtype as SafetensorsDtype];
  if (end - begin !== bytes)
    throw bad(`of shape [${shape.join(', ')}] and type ${dtype} needs ${bytes} bytes, has ${end - begin}`);
  return { dtype: dtype as SafetensorsDtype, shape: shape as number[], begin, end };
}

/** The first key that the outer object of this valid JSON text has twice: JSON.parse would drop one of them silently. */
function repeatedKey(text: string): string | null {
  const seen = new Set<string>();
  let depth = 0;
  for (const { 0: token } of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:?|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1 && token.endsWith(':')) {
      const key = JSON.parse(token.slice(0, token.lastIndexOf('"') + 1)) as string;
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Parses a whole safetensors file held in memory; `path` names it in errors.
 * @throws FileError when it is truncated, damaged or not a safetensors file.
 */
export function parseSafetensors(file: Uint8Array, path: string): SafetensorsFile {
  const length = headerLength(file.subarray(0, 8), file.byteLength, path);
  const data = file.subarray(8 + length);
  const { metadata, entries } = parseHeader(file.subarray(8, 8 + length), data.byteLength, path);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, begin, end }] of entries) {
    tensors.set(name, { dtype, shape, bytes: data.subarray(begin, end) });
  }
  return { metadata, tensors };
}

/**
 * The bytes before the data, and the tensors in the order of their data. As the reference library does it, wide elements
 * come first, so that every tensor is aligned to its element size.
 */
export function layOutSafetensors<T extends Pick<StoredTensor, 'dtype' | 'shape'>>(
  tensors: Iterable<readonly [string, T]>,
  metadata: Readonly<Record<string, string>> = {},
): { head: Uint8Array<ArrayBuffer>; order: Array<readonly [string, T]>; dataBytes: number } {
  const order = [...tensors].sort(([, a], [, b]) => bytesOf[b.dtype] - bytesOf[a.dtype]);
  const entries: Array<[string, unknown]> = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let dataBytes = 0;
  for (const [name, { dtype, shape }] of order) {
    const begin = dataBytes;
    dataBytes += shape.reduce((size, d) => size * d, 1) * bytesOf[dtype];
    entries.push([name, { dtype, shape, data_offsets: [begin, dataBytes] }]);
  }
  const json = `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.byteLength / 8) * 8;
  const head = new Uint8Array(8 + length).fill(0x20, 8 + text.byteLength);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(text, 8);
  return { head, order, dataBytes };
}

/** Serialises tensors into one buffer, 8-byte aligned, as the reference library writes. */
export function serializeSafetensors(
  tensors: Iterable<readonly [string, StoredTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const { head, order, dataBytes } = layOutSafetensors(tensors, metadata);
  const file = new Uint8Array(head.byteLength + dataBytes);
  file.set(head);
  let at = head.byteLength;
  for (const [, { bytes }] of order) {
    file.set(bytes, at);
    at += bytes.byteLength;
  }
  return file;
}
