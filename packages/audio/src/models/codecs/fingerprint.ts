import { Parameter } from '@hourglass/core';
import { crc32 } from '../../bitstream/checksums.js';
import type { CodecModel } from './codec-model.js';

/**
 * 16 hexadecimal digits that tell a codec from others: a CRC-32 of its configuration, and one of its weights. Codes of one codec are noise to
 * another.
 */
export async function codecFingerprint(model: CodecModel<object>): Promise<string> {
  const utf8 = new TextEncoder();
  const config = crc32(utf8.encode(JSON.stringify(sorted(model.checkpointConfig()))));
  let weights = 0;
  for (const [name, leaf] of [...model.namedState()].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (!(leaf instanceof Parameter) && !leaf.persistent) continue;
    const values = await leaf.value.data();
    weights = crc32(utf8.encode(name), weights);
    weights = crc32(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), weights);
  }
  return [config, weights].map((crc) => crc.toString(16).padStart(8, '0')).join('');
}

/** With keys in order, which saving and loading may change. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
}
