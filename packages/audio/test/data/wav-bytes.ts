/** WAV files byte by byte, right and wrong ones. */

export interface ChunkFacts {
  readonly id: string;
  readonly data: Uint8Array;
  /** What the header says; default the truth. */
  readonly size?: number;
  /** Whether an odd chunk is padded. Default true. */
  readonly padded?: boolean;
}

export interface FormatFacts {
  readonly tag?: number;
  readonly channels?: number;
  readonly sampleRate?: number;
  readonly blockAlign?: number;
  readonly bits?: number;
  /** With an extension of the extensible format for this code. */
  readonly extensible?: number;
}

export function riff(chunks: readonly ChunkFacts[], container = 'RIFF'): Uint8Array {
  const little = container !== 'RIFX';
  const parts: Uint8Array[] = [text(container), u32(0, little), text('WAVE')];
  for (const { id, data, size = data.length, padded = true } of chunks) {
    parts.push(text(id), u32(size, little), data);
    if (padded && data.length % 2 === 1) parts.push(new Uint8Array(1));
  }
  const bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
  bytes.set(u32(bytes.length - 8, little), 4);
  return bytes;
}

export function fmt(facts: FormatFacts = {}, little = true): ChunkFacts {
  const { tag = 1, channels = 1, sampleRate = 8000, bits = 16 } = facts;
  const { blockAlign = (channels * bits) / 8, extensible } = facts;
  const data = new Uint8Array(extensible === undefined ? 16 : 40);
  const view = new DataView(data.buffer);
  view.setUint16(0, extensible === undefined ? tag : 0xfffe, little);
  view.setUint16(2, channels, little);
  view.setUint32(4, sampleRate, little);
  view.setUint32(8, sampleRate * blockAlign, little);
  view.setUint16(12, blockAlign, little);
  view.setUint16(14, bits, little);
  if (extensible !== undefined) {
    view.setUint16(16, 22, little);
    view.setUint16(18, bits, little);
    view.setUint16(24, extensible, little);
  }
  return { id: 'fmt ', data };
}

export function int16(values: readonly number[], little = true): Uint8Array {
  const data = new Uint8Array(2 * values.length);
  values.forEach((value, i) => new DataView(data.buffer).setInt16(2 * i, value, little));
  return data;
}

export function text(value: string): Uint8Array {
  return Uint8Array.from(value, (letter) => letter.charCodeAt(0));
}

export function u32(value: number, little = true): Uint8Array {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, value, little);
  return data;
}
