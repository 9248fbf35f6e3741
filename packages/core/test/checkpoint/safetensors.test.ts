import {
  decodeValues,
  encodeValues,
  FileError,
  Generator,
  headerLength,
  parseSafetensors,
  serializeSafetensors,
  type StoredTensor,
} from '@hourglass/core';
import { describe, expect, it } from 'vitest';

const tensors = new Map<string, StoredTensor>([
  ['flag', encodeValues({ dtype: 'bool', values: Uint8Array.of(1, 0, 1) }, [3])],
  ['weight', encodeValues({ dtype: 'float32', values: Float32Array.of(1, -2.5, NaN, 1e-40, 0, 5) }, [2, 3])],
  ['count', encodeValues({ dtype: 'int32', values: Int32Array.of(-7) }, [], 'I64')],
  ['nothing', encodeValues({ dtype: 'float32', values: new Float32Array() }, [0, 4])],
]);
const file = serializeSafetensors(tensors, { format: 'pt' });

/** A file with this header and so many bytes of data. */
function craft(header: string | object, dataBytes = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

function expectRefused(bytes: Uint8Array, message: RegExp): void {
  expect(() => parseSafetensors(bytes, 'x.safetensors')).toThrow(FileError);
  expect(() => parseSafetensors(bytes, 'x.safetensors')).toThrow(message);
  expect(() => parseSafetensors(bytes, 'x.safetensors')).toThrow(/^x\.safetensors: /);
}

describe('safetensors', () => {
  it('reads what it wrote, with every tensor aligned to its element size', () => {
    const read = parseSafetensors(file, 'x');
    expect(read.metadata).toEqual({ format: 'pt' });
    expect(new Map([...read.tensors].map(([k, t]) => [k, { ...t, bytes: Uint8Array.from(t.bytes) }]))).toEqual(tensors);
    const sizes: Record<string, number> = { F32: 4, I64: 8, BOOL: 1 };
    for (const { dtype, bytes } of read.tensors.values()) expect(bytes.byteOffset % sizes[dtype]!).toBe(0);
  });

  it('a name that looks like a number keeps its place in the file', () => {
    const odd = new Map([
      ['b', tensors.get('weight')!],
      ['10', encodeValues({ dtype: 'float32', values: Float32Array.of(3) }, [1])],
    ]);
    const read = parseSafetensors(serializeSafetensors(odd), 'x');
    expect(decodeValues(read.tensors.get('10')!).values).toEqual(Float32Array.of(3));
  });

  it('truncated at every sixteenth, and at every byte of the header: a FileError', () => {
    for (let i = 0; i < 16; i++) {
      expectRefused(file.slice(0, Math.floor((file.length * i) / 16)), /truncated|not a safetensors|damaged/);
    }
    const header = headerLength(file.subarray(0, 8), file.length, 'x');
    for (let length = 0; length < 8 + header; length++) expectRefused(file.slice(0, length), /./);
  });

  it('any flipped bit of the header gives tensors that fit into the file, or a FileError', () => {
    const header = 8 + headerLength(file.subarray(0, 8), file.length, 'x');
    let refused = 0;
    for (let at = 0; at < header; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bytes = file.slice();
        bytes[at]! ^= 1 << bit;
        try {
          for (const tensor of parseSafetensors(bytes, 'x').tensors.values()) decodeValues(tensor);
        } catch (error) {
          expect(error).toBeInstanceOf(FileError);
          refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(header);
  });

  it('random bytes are refused', () => {
    const generator = new Generator(1);
    for (let i = 0; i < 500; i++) {
      const bytes = Uint8Array.from({ length: generator.integer(0, 200) }, () => generator.integer(0, 256));
      if (bytes.length > 8 && i % 2 === 0) bytes.set([generator.integer(0, 50), 0, 0, 0, 0, 0, 0, 0]);
      expectRefused(bytes, /./);
    }
  });

  it('a header of 10 GB, or of 2^64 - 1 bytes, is refused from the first 8 bytes', () => {
    for (const size of [10_000_000_000n, 2n ** 64n - 1n, 2n ** 63n]) {
      const bytes = new Uint8Array(64);
      new DataView(bytes.buffer).setBigUint64(0, size, true);
      expectRefused(bytes, /announces a header of \d+ bytes/);
    }
    const bytes = new Uint8Array(64);
    new DataView(bytes.buffer).setBigUint64(0, 50_000_000n, true);
    expectRefused(bytes, /truncated/);
  });

  const entry = (change: object): object => ({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...change } });

  it.each<[string, object | string, RegExp]>([
    ['negative dimension', entry({ shape: [-2] }), /shape \[-2\]/],
    ['fractional dimension', entry({ shape: [2.5] }), /shape/],
    ['non-finite dimension', '{"a":{"dtype":"F32","shape":[1e999],"data_offsets":[0,8]}}', /shape/],
    ['not a number', '{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,8]}}', /not valid JSON/],
    ['dimension as text', entry({ shape: ['2'] }), /shape/],
    ['shape that is no list', entry({ shape: 2 }), /shape/],
    ['product beyond all numbers', entry({ shape: Array.from({ length: 40 }, () => 2 ** 50) }), /needs Infinity bytes/],
    ['product that would wrap to 0 in 64 bits', entry({ shape: [2 ** 32, 2 ** 32] }), /needs/],
    ['infinite times nothing', entry({ shape: [...Array.from({ length: 40 }, () => 2 ** 50), 0] }), /needs NaN/],
    ['unknown element type', entry({ dtype: 'F8' }), /element type "F8"; known are F64/],
    ['element type from the prototype', entry({ dtype: 'toString' }), /element type/],
    ['size that does not match', entry({ dtype: 'F64' }), /needs 16 bytes, has 8/],
    ['offsets backwards', entry({ shape: [0], data_offsets: [8, 0] }), /needs 0 bytes, has -8/],
    ['negative offsets', entry({ data_offsets: [-8, 0] }), /offsets/],
    ['one offset', entry({ data_offsets: [8] }), /offsets/],
    [
      'overlap',
      { ...entry({}), b: { dtype: 'F32', shape: [1], data_offsets: [4, 8] } },
      /begins at byte 4, expected 8/,
    ],
    ['gap', { a: { dtype: 'F32', shape: [1], data_offsets: [4, 8] } }, /begins at byte 4, expected 0/],
    ['rest', entry({ shape: [1], data_offsets: [0, 4] }), /4 bytes at its end belong to no tensor/],
    ['beyond the end', entry({ shape: [3], data_offsets: [0, 12] }), /truncated/],
    ['no object', '[1]', /not a JSON object/],
    ['empty header', '', /not valid JSON/],
    ['entry that is no object', { a: null }, /no description/],
    ['metadata that is no object', { __metadata__: 3 }, /__metadata__/],
    [
      'the same name twice',
      '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
      /'a' is described twice/,
    ],
    [
      'the same name twice, once escaped',
      '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"\\u0061" :{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
      /'a' is described twice/,
    ],
  ])('%s', (_, header, message) => expectRefused(craft(header, 8), message));

  it('names with quotes, braces and colons are no repetition', () => {
    const names = ['a":{', '{', '}', '__proto__', 'a:"b', 'é\\', 'data_offsets'];
    const odd = new Map(names.map((name) => [name, tensors.get('count')!]));
    expect([...parseSafetensors(serializeSafetensors(odd), 'x').tensors.keys()].toSorted()).toEqual(names.toSorted());
  });
});

describe('values', () => {
  it('decodes every element type', () => {
    const stored = (dtype: StoredTensor['dtype'], values: ArrayBufferView): StoredTensor => {
      // off the alignment, as tensors may lie in a file
      const bytes = new Uint8Array(values.byteLength + 1);
      bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 1);
      const size = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 }[dtype];
      return { dtype, shape: [values.byteLength / size], bytes: bytes.subarray(1) };
    };
    const decoded = (dtype: StoredTensor['dtype'], values: ArrayBufferView): number[] => [
      ...decodeValues(stored(dtype, values)).values,
    ];
    expect(decoded('F64', Float64Array.of(0.5, -3))).toEqual([0.5, -3]);
    expect(decoded('F32', Float32Array.of(0.5, -3))).toEqual([0.5, -3]);
    expect(decoded('F16', Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0x8000))).toEqual([
      1,
      -2,
      65504,
      2 ** -24,
      Infinity,
      -0,
    ]);
    expect(decoded('F16', Uint16Array.of(0x7e00))[0]).toBeNaN();
    expect(decoded('BF16', Uint16Array.of(0x3f80, 0xc040))).toEqual([1, -3]);
    expect(decoded('I64', BigInt64Array.of(-5n, 2n ** 31n - 1n))).toEqual([-5, 2 ** 31 - 1]);
    expect(decoded('I32', Int32Array.of(-5))).toEqual([-5]);
    expect(decoded('I16', Int16Array.of(-300))).toEqual([-300]);
    expect(decoded('I8', Int8Array.of(-3))).toEqual([-3]);
    expect(decoded('U8', Uint8Array.of(200))).toEqual([200]);
    expect(decoded('BOOL', Uint8Array.of(1, 0))).toEqual([1, 0]);
    expect(() => decoded('I64', BigInt64Array.of(2n ** 31n))).toThrow(RangeError);
  });
});
