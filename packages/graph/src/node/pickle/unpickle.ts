import { InvalidArgumentError } from '@hourglass/core';
import { PickledGlobal, PickledObject, PickledTuple, type Pickled, type PickledBytes } from './values.js';

/*
 * Python's pickle is a program for a stack machine that may call anything. This reads the part that describes data: numbers, text,
 * lists, dictionaries and the objects listed here, whose classes are names and nothing more. Every value costs a byte of the file at
 * least, so that memory is bounded by its size. (pickleparser on npm decodes byte strings, in which numpy keeps its numbers, as
 * ASCII text, and makes objects of any class.)
 */

/** Classes and functions that stand for data, by the name under which their values are known here. */
const known: Readonly<Record<string, string>> = {
  'numpy ndarray': 'ndarray',
  'numpy dtype': 'dtype',
  'numpy.core.multiarray _reconstruct': 'array',
  'numpy._core.multiarray _reconstruct': 'array',
  'numpy.core.multiarray scalar': 'scalar',
  'numpy._core.multiarray scalar': 'scalar',
  'scipy.sparse.csr csr_matrix': 'csr',
  'scipy.sparse._csr csr_matrix': 'csr',
  'scipy.sparse._csr csr_array': 'csr',
  'collections defaultdict': 'dict',
  'collections OrderedDict': 'dict',
  '__builtin__ list': 'list',
  'builtins list': 'list',
  '__builtin__ object': 'object',
  'builtins object': 'object',
  'copy_reg _reconstructor': 'reconstructor',
  'copyreg _reconstructor': 'reconstructor',
  '_codecs encode': 'encode',
};

const mark = Symbol('mark');
type Slot = Pickled | typeof mark;

/** @throws InvalidArgumentError for what is not such a pickle; it says where */
export function unpickle(bytes: Uint8Array): Pickled {
  return new Unpickler(bytes).run();
}

class Unpickler {
  readonly #view: DataView;
  #at = 0;
  #copies = 0;
  readonly #stack: Slot[] = [];
  readonly #memo = new Map<number, Pickled>();

  constructor(private readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): Pickled {
    for (;;) {
      const start = this.#at;
      const code = this.#view.getUint8(this.#take(1));
      // '.' ends the program
      if (code === 0x2e) return this.#pop();
      const instruction = instructions[code];
      if (instruction === undefined) {
        throw this.error(`has instruction 0x${code.toString(16)} at byte ${start}, which is not of a pickle of data`);
      }
      instruction(this);
    }
  }

  error(what: string): InvalidArgumentError {
    return new InvalidArgumentError(`the pickle ${what}`);
  }

  #take(length: number): number {
    const at = this.#at;
    if (!(length >= 0 && at + length <= this.bytes.length)) {
      throw this.error(`is cut short: ${length} bytes are needed at byte ${at} of ${this.bytes.length}`);
    }
    this.#at = at + length;
    return at;
  }

  uint8 = (): number => this.#view.getUint8(this.#take(1));
  uint16 = (): number => this.#view.getUint16(this.#take(2), true);
  int32 = (): number => this.#view.getInt32(this.#take(4), true);
  uint32 = (): number => this.#view.getUint32(this.#take(4), true);
  /** Lengths of eight bytes; one that is too long fails where it is used. */
  uint64 = (): number => Number(this.#view.getBigUint64(this.#take(8), true));
  float64 = (): number => this.#view.getFloat64(this.#take(8), false);

  chunk(length: number): PickledBytes {
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  text(length: number): string {
    return new TextDecoder().decode(this.chunk(length));
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.#at);
    if (end < 0 || end - this.#at > 1000) throw this.error(`has a line at byte ${this.#at} that does not end`);
    const text = this.text(end - this.#at);
    this.#at++;
    return text;
  }

  /** A little-endian integer of Python; more than 8 bytes are no count and no id. */
  long(length: number): number {
    if (length > 8) throw this.error(`has an integer of ${length} bytes at byte ${this.#at}`);
    let value = 0n;
    const chunk = this.chunk(length);
    chunk.forEach((byte, i) => (value |= BigInt(byte) << BigInt(8 * i)));
    return Number(BigInt.asIntN(Math.max(8 * length, 1), value));
  }

  push(value: Slot): void {
    this.#stack.push(value);
  }

  #pop(): Pickled {
    const value = this.#stack.pop();
    if (value === undefined || value === mark)
      throw this.error(`takes a value at byte ${this.#at} where there is none`);
    return value;
  }

  pop(): Pickled {
    return this.#pop();
  }

  discard(): void {
    if (this.#stack.pop() === undefined) throw this.error(`takes a value at byte ${this.#at} where there is none`);
  }

  top(): Pickled {
    const value = this.#pop();
    this.push(value);
    return value;
  }

  /** Everything since the last mark. */
  marked(): Pickled[] {
    const at = this.#stack.lastIndexOf(mark);
    if (at < 0) throw this.error(`takes values at byte ${this.#at} without a mark`);
    return this.#stack.splice(at).slice(1) as Pickled[];
  }

  put(key: number): void {
    this.#memo.set(key, this.top());
  }

  memoize(): void {
    this.put(this.#memo.size);
  }

  get(key: number): void {
    const value = this.#memo.get(key);
    if (value === undefined)
      throw this.error(`refers to value ${key} before byte ${this.#at}, which it has not stored`);
    this.push(value);
  }

  global(module: string, name: string): void {
    const full = `${module} ${name}`;
    if (!Object.hasOwn(known, full)) {
      const shown = `${module}.${name}`.slice(0, 100);
      throw this.error(`asks for ${shown}, which is not among the classes of numpy and scipy that stand for data`);
    }
    this.push(new PickledGlobal(known[full]!));
  }

  append(values: readonly Pickled[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.error(`appends to what is no list, before byte ${this.#at}`);
    for (const value of values) list.push(value);
  }

  setItems(items: readonly Pickled[]): void {
    const dict = this.top();
    if (!(dict instanceof Map) || items.length % 2 !== 0) {
      throw this.error(`sets items of what is no dictionary, before byte ${this.#at}`);
    }
    for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!);
  }

  /** A known class or function with its arguments, as data. */
  reduce(): void {
    const args = this.#pop();
    const callee = this.#pop();
    if (!(callee instanceof PickledGlobal) || !(args instanceof PickledTuple)) {
      throw this.error(`makes an object of what is no class, before byte ${this.#at}`);
    }
    this.push(this.#made(callee.name, args.items));
  }

  #made(name: string, args: readonly Pickled[]): Pickled {
    const [first, second] = args;
    switch (name) {
      case 'dict':
        // an ordered dictionary may bring its items, as [[key, value], …]
        return new Map(this.#copied(Array.isArray(first) ? first : []).map((pair) => pairOf(pair) ?? [null, null]));
      case 'list':
        return [];
      case 'encode':
        if (typeof first !== 'string') return first ?? null;
        return Uint8Array.from(this.#copied(first), (letter) => letter.codePointAt(0)! & 255);
      case 'reconstructor':
        if (first instanceof PickledGlobal) return new PickledObject(first.name, []);
        throw this.error(`makes an object of what is no class, before byte ${this.#at}`);
      case 'scalar':
        return new PickledObject('scalar', [first ?? null, second ?? null]);
      default:
        return new PickledObject(name, args);
    }
  }

  /** What is copied once for each reference to it must not make more than the file holds. */
  #copied<T extends { readonly length: number }>(value: T): T {
    this.#copies += value.length;
    if (this.#copies > this.bytes.length) throw this.error('refers to the same values again and again');
    return value;
  }

  build(): void {
    const state = this.#pop();
    const object = this.top();
    if (!(object instanceof PickledObject))
      throw this.error(`gives a state to what is no object, before byte ${this.#at}`);
    object.state = state;
  }
}

function pairOf(value: Pickled): [Pickled, Pickled] | null {
  const items = value instanceof PickledTuple ? value.items : Array.isArray(value) ? value : [];
  return items.length === 2 ? [items[0]!, items[1]!] : null;
}

type Instruction = (machine: Unpickler) => void;

const tuple =
  (count: number): Instruction =>
  (m) => {
    const items = Array.from({ length: count }, () => m.pop());
    m.push(new PickledTuple(items.reverse()));
  };

/** By their letters in Python's pickletools. */
const byLetter: Readonly<Record<string, Instruction>> = {
  '\x80': (m) => {
    if (m.uint8() > 5) throw m.error('has a protocol above 5');
  },
  '\x95': (m) => void m.uint64(),
  '(': (m) => m.push(mark),
  '0': (m) => m.discard(),
  '1': (m) => void m.marked(),
  '2': (m) => m.push(m.top()),
  N: (m) => m.push(null),
  '\x88': (m) => m.push(true),
  '\x89': (m) => m.push(false),
  J: (m) => m.push(m.int32()),
  K: (m) => m.push(m.uint8()),
  M: (m) => m.push(m.uint16()),
  '\x8a': (m) => m.push(m.long(m.uint8())),
  G: (m) => m.push(m.float64()),
  T: (m) => m.push(m.chunk(m.int32())),
  U: (m) => m.push(m.chunk(m.uint8())),
  B: (m) => m.push(m.chunk(m.uint32())),
  C: (m) => m.push(m.chunk(m.uint8())),
  '\x8e': (m) => m.push(m.chunk(m.uint64())),
  X: (m) => m.push(m.text(m.uint32())),
  '\x8c': (m) => m.push(m.text(m.uint8())),
  ']': (m) => m.push([]),
  a: (m) => {
    const value = m.pop();
    m.append([value]);
  },
  e: (m) => m.append(m.marked()),
  ')': (m) => m.push(new PickledTuple([])),
  t: (m) => m.push(new PickledTuple(m.marked())),
  '\x85': tuple(1),
  '\x86': tuple(2),
  '\x87': tuple(3),
  '}': (m) => m.push(new Map()),
  s: (m) => {
    const value = m.pop();
    m.setItems([m.pop(), value]);
  },
  u: (m) => m.setItems(m.marked()),
  q: (m) => m.put(m.uint8()),
  r: (m) => m.put(m.uint32()),
  '\x94': (m) => m.memoize(),
  h: (m) => m.get(m.uint8()),
  j: (m) => m.get(m.uint32()),
  c: (m) => {
    const module = m.line();
    m.global(module, m.line());
  },
  '\x93': (m) => {
    const name = m.pop();
    const module = m.pop();
    if (typeof name !== 'string' || typeof module !== 'string') throw m.error('names a class by what is no text');
    m.global(module, name);
  },
  R: (m) => m.reduce(),
  '\x81': (m) => m.reduce(),
  b: (m) => m.build(),
};

const instructions: readonly (Instruction | undefined)[] = Array.from(
  { length: 256 },
  (_, code) => byLetter[String.fromCodePoint(code)],
);
