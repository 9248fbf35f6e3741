import { kernels } from '@hourglass/core';
import type { NativeBackend } from '../backend.js';
import type { Block } from '../memory/pool.js';

/** Tables of a transform, in memory that C++ reads; 0 for one that it does without. */
export interface FourierTables {
  readonly plan: number;
  readonly chirp: number;
}

/** a and b with a · b = n, for the least work in vectors of 16 columns and of 16 rows. */
function split(n: number): [number, number] {
  const work = (a: number, b: number): number => Math.ceil(b / 16) * a + Math.ceil(a / 16) * b;
  let best: [number, number] = [1, n];
  for (let a = 1; a <= n; a++) if (n % a === 0 && work(a, n / a) < work(...best)) best = [a, n / a];
  return best;
}

/** Cosines and sines of -2π multiple(i) / n, the multiples reduced first: cosines of large arguments are not exact. */
function turns(count: number, n: number, multiple: (i: number) => number): [Float32Array, Float32Array] {
  const angle = (i: number): number => (-2 * Math.PI * (multiple(i) % n)) / n;
  return [
    Float32Array.from({ length: count }, (_, i) => Math.cos(angle(i))),
    Float32Array.from({ length: count }, (_, i) => Math.sin(angle(i))),
  ];
}

function pairs(count: number, n: number): Float32Array {
  const [re, im] = turns(count, n, (i) => i);
  return Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? re : im)[i >> 1]!);
}

/** As `cpp/fourier/signal.h` lays it out. */
function planOf(n: number): Uint8Array {
  const [a, b] = split(n);
  const stride = Math.ceil(b / 16) * 16;
  const head = new Int32Array(64);
  const [down, across] = [kernels.fourierFactors(a), kernels.fourierFactors(b)];
  head.set([a, b, down.length, ...down]);
  head.set([across.length, ...across], 33);
  const [re, im] = turns(a * stride, n, (at) => Math.floor(at / stride) * (at % stride));
  return bytes(head, pairs(a, a), pairs(b, b), re, im);
}

function bytes(...parts: ReadonlyArray<Int32Array | Float32Array>): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return all;
}

/** The tables last used on a backend, by their key. */
class Shelf {
  static readonly #shelves = new WeakMap<NativeBackend, Shelf>();
  static readonly #kept = 32;
  readonly #blocks = new Map<string, Block>();

  static of(backend: NativeBackend): Shelf {
    let shelf = Shelf.#shelves.get(backend);
    if (shelf === undefined) Shelf.#shelves.set(backend, (shelf = new Shelf()));
    return shelf;
  }

  address(backend: NativeBackend, key: string, make: () => Uint8Array | Float32Array): number {
    let block = this.#blocks.get(key);
    if (block === undefined) {
      const values = make();
      block = backend.pool.allocate(values.byteLength);
      backend.addon.write(block.address, values);
    } else {
      this.#blocks.delete(key);
    }
    this.#blocks.set(key, block);
    // a transform uses up to four, so those of the one at hand stay
    if (this.#blocks.size > Shelf.#kept) {
      const [oldest, freed] = this.#blocks.entries().next().value!;
      this.#blocks.delete(oldest);
      backend.pool.release(freed);
    }
    return block.address;
  }
}

/** Tables for transforms of n complex numbers. */
export function fourierTables(backend: NativeBackend, n: number): FourierTables {
  const shelf = Shelf.of(backend);
  if (kernels.fourierFactors(n).every((factor) => factor <= kernels.largestFactor)) {
    return { plan: shelf.address(backend, `plan ${n}`, () => planOf(n)), chirp: 0 };
  }
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const chirp = shelf.address(backend, `chirp ${n}`, () => chirpOf(backend, n, size));
  return { plan: shelf.address(backend, `plan ${size}`, () => planOf(size)), chirp };
}

/** cos and sin of -πk² / n, and the transform of their conjugate, divided by its length. */
function chirpOf(backend: NativeBackend, n: number, size: number): Float32Array {
  // k² modulo 2n, so that the angle stays exact
  const [cosines, sines] = turns(n, 2 * n, (k) => Number((BigInt(k) * BigInt(k)) % BigInt(2 * n)));
  const [re, im] = [new Float32Array(size), new Float32Array(size)];
  for (let k = 0; k < n; k++) {
    for (const at of [k, (size - k) % size]) {
      re[at] = cosines[k]! / size;
      im[at] = -sines[k]! / size;
    }
  }
  const infos = [re, im].map((values) => backend.makeTensorInfo([size], 'float32', values));
  const results = infos.map(() => backend.output([size], 'float32'));
  const { plan } = fourierTables(backend, size);
  const addresses = [...infos, ...results].map((info) => backend.address(info));
  backend.call('fourier_parts', ...addresses, 1, size, plan, 0, 0, 1);
  const [filterRe, filterIm] = results.map((info) => backend.readSync(info.dataId) as Float32Array);
  for (const info of [...infos, ...results]) backend.disposeIntermediateTensorInfo(info);
  return new Float32Array(bytes(cosines, sines, filterRe!, filterIm!).buffer);
}

/** cos and sin of 2πk / n for k ≤ n / 2; 0 for odd n, which does without. */
export function halfRoots(backend: NativeBackend, n: number): number {
  if (n % 2 === 1) return 0;
  return Shelf.of(backend).address(backend, `half ${n}`, () => {
    const [cosines, sines] = turns(n / 2 + 1, n, (k) => k);
    const positive = sines.map((s) => -s);
    return new Float32Array(bytes(cosines, positive).buffer);
  });
}
