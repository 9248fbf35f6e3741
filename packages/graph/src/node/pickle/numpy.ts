import { InvalidArgumentError } from '@hourglass/core';
import { PickledObject, PickledTuple, type Pickled } from './values.js';

/** An array of numbers as numpy stored it, row by row. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** Compressed rows as scipy stored them. */
export interface CsrMatrix {
  readonly shape: readonly [number, number];
  readonly pointer: Float64Array;
  readonly columns: Float64Array;
  readonly values: Float64Array;
}

type Read = (view: DataView, at: number, little: boolean) => number;

const readers: Readonly<Record<string, Read>> = {
  b1: (view, at) => view.getUint8(at),
  u1: (view, at) => view.getUint8(at),
  i1: (view, at) => view.getInt8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  i2: (view, at, little) => view.getInt16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
};

function fail(what: string): never {
  throw new InvalidArgumentError(`the pickle ${what}`);
}

/** @throws InvalidArgumentError when it is no array of numbers, or its bytes do not fill its shape */
export function numberArray(what: string, value: Pickled | undefined): NumberArray {
  if (!(value instanceof PickledObject) || value.type !== 'array' || !(value.state instanceof PickledTuple)) {
    fail(`holds no array of numbers for ${what}`);
  }
  const [, shape, type, fortran, bytes] = value.state.items;
  const { name, little } = dtype(what, type);
  const read = Object.hasOwn(readers, name) ? readers[name]! : fail(`has numbers of type ${name} in ${what}`);
  if (!(shape instanceof PickledTuple) || !shape.items.every(isCount)) fail(`has no shape for ${what}`);
  const dims = shape.items as number[];
  if (fortran === true && dims.length > 1) fail(`has ${what} stored by columns; store it by rows`);
  const size = Number(name.slice(1));
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (!(bytes instanceof Uint8Array) || bytes.length !== count * size) {
    const found = bytes instanceof Uint8Array ? bytes.length : 'no';
    fail(`has ${found} bytes for ${what} of shape [${dims.join(', ')}], ${count * size} are needed`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { shape: dims, values: Float64Array.from({ length: count }, (_, i) => read(view, i * size, little)) };
}

function isCount(value: Pickled): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31;
}

/** `i4` or the like, and the order of its bytes. */
function dtype(what: string, value: Pickled | undefined): { readonly name: string; readonly little: boolean } {
  if (!(value instanceof PickledObject) || value.type !== 'dtype') fail(`has no type of numbers for ${what}`);
  const name = textOf(value.args[0] ?? null).replace(/^[<>|=]/, '');
  const order = value.state instanceof PickledTuple ? textOf(value.state.items[1] ?? null) : '<';
  return { name, little: order !== '>' };
}

/** Text of Python 2 is bytes. */
export function textOf(value: Pickled): string {
  if (value instanceof Uint8Array) return new TextDecoder('latin1').decode(value.subarray(0, 1000));
  return typeof value === 'string' ? value : '';
}

/** @throws InvalidArgumentError when it is no such matrix */
export function csrMatrix(what: string, value: Pickled): CsrMatrix {
  if (!(value instanceof PickledObject) || value.type !== 'csr' || !(value.state instanceof Map)) {
    fail(`holds no compressed sparse rows (scipy.sparse.csr_matrix) for ${what}`);
  }
  const state = new Map([...value.state].map(([key, of]) => [textOf(key), of]));
  const shape = state.get('_shape') ?? state.get('shape');
  if (!(shape instanceof PickledTuple) || shape.items.length !== 2 || !shape.items.every(isCount)) {
    fail(`has no shape for ${what}`);
  }
  const [rows, columns] = shape.items as [number, number];
  const pointer = numberArray(`${what}.indptr`, state.get('indptr')).values;
  if (pointer.length !== rows + 1) fail(`has ${pointer.length} pointers for ${rows} rows of ${what}`);
  const indices = numberArray(`${what}.indices`, state.get('indices')).values;
  const values = numberArray(`${what}.data`, state.get('data')).values;
  const isRising = pointer.every((place, row) => place >= (row === 0 ? 0 : pointer[row - 1]!));
  if (!isRising || pointer[0] !== 0 || pointer[rows] !== indices.length || values.length !== indices.length) {
    fail(`has pointers, columns and numbers of ${what} that do not fit together`);
  }
  if (!indices.every((column) => column >= 0 && column < columns)) fail(`has a column of ${what} beyond ${columns}`);
  return { shape: [rows, columns], pointer, columns: indices, values };
}
