/** Instructions as the bytes of WebAssembly's binary format (https://webassembly.github.io/spec/core/binary). */
export type Code = readonly number[];

/** An integer in LEB128, with its sign. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const low = value & 0x7f;
    value >>= 7;
    if ((value === 0 && (low & 0x40) === 0) || (value === -1 && (low & 0x40) !== 0)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

/** A memory access that is aligned to four bytes. */
const at = (offset: number): number[] => [2, ...unsigned(offset)];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const constant = (value: number): Code => [0x41, ...leb(value)];
export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const subtract = (a: Code, b: Code): Code => [...a, ...b, 0x6b];
export const multiply = (a: Code, b: Code): Code => [...a, ...b, 0x6c];
export const and = (a: Code, b: Code): Code => [...a, ...b, 0x71];
export const or = (a: Code, b: Code): Code => [...a, ...b, 0x72];
/** Signed a < b. */
export const less = (a: Code, b: Code): Code => [...a, ...b, 0x48];
/** Signed a <= b. */
export const atMost = (a: Code, b: Code): Code => [...a, ...b, 0x4c];

/** Repeats `body` as long as `condition` holds before it. */
export const whileLoop = (condition: Code, body: Code): Code => {
  const leaveUnless: Code = [0x45, 0x0d, 1];
  return [0x02, 0x40, 0x03, 0x40, ...condition, ...leaveUnless, ...body, 0x0c, 0, 0x0b, 0x0b];
};

/** Repeats `body` and goes on with it as long as `condition`, computed after it, is not 0. */
export const doWhile = (body: Code, condition: Code): Code => [0x03, 0x40, ...body, ...condition, 0x0d, 0, 0x0b];

export const f32 = {
  zero: [0x43, 0, 0, 0, 0] as Code,
  load: (address: Code, offset = 0): Code => [...address, 0x2a, ...at(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x38, ...at(offset)],
  add: (a: Code, b: Code): Code => [...a, ...b, 0x92],
  multiply: (a: Code, b: Code): Code => [...a, ...b, 0x94],
};

/** Four floats at once. */
export const f32x4 = {
  zero: [0xfd, 0x0c, ...Array.from({ length: 16 }, () => 0)] as Code,
  load: (address: Code, offset = 0): Code => [...address, 0xfd, 0x00, ...at(offset)],
  /** One float, four times. */
  splat: (address: Code, offset = 0): Code => [...address, 0xfd, 0x09, ...at(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0xfd, 0x0b, ...at(offset)],
  add: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xe4, 0x01],
  subtract: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xe5, 0x01],
  multiply: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xe6, 0x01],
  divide: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xe7, 0x01],
  /** NaN where either is NaN, as also the larger of the two. */
  min: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xe8, 0x01],
  max: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xe9, 0x01],
  abs: (a: Code): Code => [...a, 0xfd, 0xe0, 0x01],
  /** To the nearest whole number, halves to the even one. */
  nearest: (a: Code): Code => [...a, 0xfd, 0x6a],
  /** All bits of a lane where it holds, else none. */
  less: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0x43],
  equal: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0x41],
  constant: (value: number): Code => {
    const bytes = [...new Uint8Array(Float32Array.of(value).buffer)];
    return [0xfd, 0x0c, ...bytes, ...bytes, ...bytes, ...bytes];
  },
  fromInt: (a: Code): Code => [...a, 0xfd, 0xfa, 0x01],
};

/** Four integers at once, as numbers or as the bits of floats. */
export const i32x4 = {
  constant: (value: number): Code => {
    const bytes = [...new Uint8Array(Int32Array.of(value).buffer)];
    return [0xfd, 0x0c, ...bytes, ...bytes, ...bytes, ...bytes];
  },
  /** Cuts off the fraction; 0 for NaN. */
  fromFloat: (a: Code): Code => [...a, 0xfd, 0xf8, 0x01],
  add: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xae, 0x01],
  subtract: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xb1, 0x01],
  shiftLeft: (a: Code, by: number): Code => [...a, ...constant(by), 0xfd, 0xab, 0x01],
  /** Keeps the sign. */
  shiftRight: (a: Code, by: number): Code => [...a, ...constant(by), 0xfd, 0xac, 0x01],
};

export const bits = {
  and: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0x4e],
  or: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0x50],
  /** Bits of `a` that are not in `b`. */
  andNot: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0x4f],
  xor: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0x51],
  /** Lanes of `a` where the mask's bits are set, of `b` elsewhere. */
  select: (mask: Code, a: Code, b: Code): Code => [...a, ...b, ...mask, 0xfd, 0x52],
  anyTrue: (a: Code): Code => [...a, 0xfd, 0x53],
};

/** Number types of local variables. */
export const types = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;

export interface FunctionDefinition {
  readonly name: string;
  /** So many i32 parameters; they are the first locals. */
  readonly parameters: number;
  /** Whether the body leaves an i32 as the result. */
  readonly result?: boolean;
  /** Further locals, as counts of types in their order. */
  readonly locals: readonly (readonly [count: number, type: number])[];
  readonly body: Code;
}

/** A module that imports its memory as `host.memory` and exports its functions by name. */
export function assemble(functions: readonly FunctionDefinition[]): Uint8Array<ArrayBuffer> {
  const vector = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
  const section = (id: number, content: Code): number[] => [id, ...unsigned(content.length), ...content];
  const text = (value: string): number[] => vector([...value].map((letter) => [letter.charCodeAt(0)]));
  const signatures = functions.map(({ parameters, result = false }) => [
    0x60,
    ...vector(Array.from({ length: parameters }, () => [types.i32])),
    ...vector(result ? [[types.i32]] : []),
  ]);
  const bodies = functions.map(({ locals, body }) => {
    const code = [...vector(locals.map(([count, type]) => [...unsigned(count), type])), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  const magic: Code = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  return Uint8Array.from([
    ...magic,
    ...section(1, vector(signatures)),
    ...section(2, vector([[...text('host'), ...text('memory'), 0x02, 0x00, 0]])),
    ...section(3, vector(functions.map((_, i) => unsigned(i)))),
    ...section(7, vector(functions.map(({ name }, i) => [...text(name), 0x00, ...unsigned(i)]))),
    ...section(10, vector(bodies)),
  ]);
}
