import { Generator } from '../random/index.js';

export type Type = 'float32' | 'int32' | 'bool';
export type Shape = readonly number[];

/** A tensor to be made on each backend. */
export interface Given {
  readonly shape: Shape;
  readonly dtype: Type;
  readonly values: Float32Array | Int32Array | Uint8Array;
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((n, size) => n * size, 1);
}

const sizes = [1, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 48, 49, 64, 65, 100];
const special = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -0.5, 1e-40, -1e-40, 3e38, -3e38, 1e7, -8388609, 2.5];

/** Deterministic random choices. */
export class Draw {
  readonly #generator: Generator;

  constructor(seed: number) {
    this.#generator = new Generator(seed);
  }

  /** A whole number in [low, high). */
  integer(low: number, high: number): number {
    return this.#generator.integer(low, high);
  }

  chance(probability: number): boolean {
    return this.#generator.uniform(0, 1) < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.integer(0, from.length)]!;
  }

  /** A shape of at most `most` elements, every tenth one of none. */
  shape(rank = this.integer(0, 7), most = 3000): number[] {
    const shape: number[] = [];
    let room = most;
    for (let i = 0; i < rank; i++) {
      const size = this.pick(sizes.filter((n) => n <= room));
      shape.push(size);
      room = Math.floor(room / size);
    }
    // the large sizes not always first
    for (let i = rank - 1; i > 0; i--) {
      const j = this.integer(0, i + 1);
      [shape[i], shape[j]] = [shape[j]!, shape[i]!];
    }
    if (rank > 0 && this.chance(0.1)) shape[this.integer(0, rank)] = 0;
    return shape;
  }

  /** Two shapes that broadcast. */
  broadcastShapes(): [Shape, Shape] {
    const shape = this.shape();
    const part = (): number[] => {
      const own = shape.map((size) => (this.chance(0.3) ? 1 : size));
      return this.chance(0.3) ? own.slice(this.integer(0, own.length + 1)) : own;
    };
    const [a, b] = [part(), part()];
    if (this.chance(0.3)) return [shape, b];
    return this.chance(0.3) ? [a, shape] : [a, b];
  }

  /** Numbers in [low, high): floats, whole numbers, or both truth values. */
  given(shape: Shape, dtype: Type = 'float32', [low, high]: readonly [number, number] = [-4, 4]): Given {
    const size = sizeOf(shape);
    const values =
      dtype === 'float32' ? new Float32Array(size) : dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
    for (let i = 0; i < size; i++) {
      values[i] =
        dtype === 'float32'
          ? this.#generator.uniform(low, high)
          : dtype === 'int32'
            ? this.integer(Math.ceil(low), Math.ceil(high))
            : this.integer(0, 2);
    }
    return { shape, dtype, values };
  }

  /** Floats that are whole numbers in [low, high): sums of products of them are exact, and often equal. */
  lattice(shape: Shape, range: readonly [number, number] = [-4, 5]): Given {
    return { shape, dtype: 'float32', values: Float32Array.from(this.given(shape, 'int32', range).values) };
  }

  /** Floats, some of which are special: infinite, NaN, 0, denormal, huge. */
  odd(shape: Shape, range?: readonly [number, number]): Given {
    const given = this.given(shape, 'float32', range);
    for (let i = 0; i < given.values.length; i++) if (this.chance(0.15)) given.values[i] = this.pick(special);
    return given;
  }
}
