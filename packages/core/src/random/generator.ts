import { check, InvalidArgumentError } from '../errors.js';
import { jumpPolynomial } from './jump.js';

/** The whole state of a {@link Generator}: four unsigned 32-bit words. Plain JSON, kept in training checkpoints. */
export type GeneratorState = readonly [number, number, number, number];

/**
 * Seeded pseudo-random numbers: xoshiro128++ (Blackman and Vigna, 2019), seeded through SplitMix32.
 * The same seed gives the same numbers on every platform and backend.
 */
export class Generator {
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  constructor(seed: number = 0) {
    this.seed(seed);
  }

  /** Restarts the sequence. `seed` is any integer; its lower 53 bits count. */
  seed(seed: number): this {
    if (!Number.isSafeInteger(seed)) throw new InvalidArgumentError(`seed must be an integer, got ${seed}`);
    let z = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b9)) >>> 0;
    const next = (): number => {
      z = (z + 0x9e3779b9) >>> 0;
      let t = z ^ (z >>> 16);
      t = Math.imul(t, 0x21f0aaad);
      t ^= t >>> 15;
      t = Math.imul(t, 0x735a2d97);
      return (t ^ (t >>> 15)) >>> 0;
    };
    [this.#a, this.#b, this.#c, this.#d] = [next() | 0, next() | 0, next() | 0, next() | 0];
    return this;
  }

  get state(): GeneratorState {
    // the words are kept as signed integers, which is what the engine computes fastest with
    return [this.#a >>> 0, this.#b >>> 0, this.#c >>> 0, this.#d >>> 0];
  }

  set state(state: GeneratorState) {
    if (state.length !== 4 || state.some((word) => !Number.isInteger(word) || word < 0 || word > 0xffffffff)) {
      throw new InvalidArgumentError('generator state must be four unsigned 32-bit integers');
    }
    if (state.every((word) => word === 0)) throw new InvalidArgumentError('generator state must not be all zero');
    [this.#a, this.#b, this.#c, this.#d] = [state[0] | 0, state[1] | 0, state[2] | 0, state[3] | 0];
  }

  /** A uniform unsigned 32-bit integer. */
  uint32(): number {
    const sum = (this.#a + this.#d) | 0;
    const result = (((sum << 7) | (sum >>> 25)) + this.#a) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** Passes over the next `count` numbers of {@link uint32}, in a time that grows with the logarithm of `count`. */
  skip(count: number): this {
    check(Number.isSafeInteger(count) && count >= 0, () => `skip needs a whole number of numbers, got ${count}`);
    for (let k = 0, rest = count; rest > 0; k++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) this.#jump(jumpPolynomial(k));
    }
    return this;
  }

  /** The sum of the states after as many steps as the polynomial has powers. */
  #jump(polynomial: Uint32Array): void {
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let power = 0; power < 128; power++) {
      if ((polynomial[power >>> 5]! >>> (power & 31)) & 1) {
        a ^= this.#a;
        b ^= this.#b;
        c ^= this.#c;
        d ^= this.#d;
      }
      this.uint32();
    }
    [this.#a, this.#b, this.#c, this.#d] = [a, b, c, d];
  }

  /** Uniform in [low, high), with 53 bits of resolution. */
  uniform(low = 0, high = 1): number {
    const unit = ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
    return low + (high - low) * unit;
  }

  /** Uniform integer in [low, high). */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low));
  }

  /** Normal variate (Box and Muller; one value a call, so the state is the words alone). */
  normal(mean = 0, std = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + std * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A random permutation of 0 … n-1 (Fisher and Yates). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(0, i + 1);
      const held = order[i]!;
      order[i] = order[j]!;
      order[j] = held;
    }
    return order;
  }

  /** An independent generator, derived from this one's next number. */
  split(): Generator {
    return new Generator(this.uint32() * 0x200000 + (this.uint32() >>> 11));
  }
}

let shared = new Generator(0);

/** The generator that initialisers, dropout and shuffling use when none is passed. */
export function defaultGenerator(): Generator {
  return shared;
}

/** Seeds the default generator: with the same seed, backend and program a run repeats bit for bit. */
export function manualSeed(seed: number): Generator {
  return shared.seed(seed);
}

/** Runs `fn` with `generator` as the default one, and puts the former back, also when `fn` throws. */
export function withGenerator<T>(generator: Generator, fn: () => T): T {
  const former = shared;
  shared = generator;
  try {
    return fn();
  } finally {
    shared = former;
  }
}
