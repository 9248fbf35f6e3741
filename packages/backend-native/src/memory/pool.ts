import { freemem, totalmem } from 'node:os';
import { HourglassError } from '@hourglass/core';
import type { Addon } from '../addon.js';

/** Memory of a tensor. */
export interface Block {
  readonly address: number;
  /** Its size, which may be more than was asked for. */
  readonly bytes: number;
}

/** Thrown when a tensor does not fit into memory. */
export class OutOfMemoryError extends HourglassError {
  override name = 'OutOfMemoryError';
}

/** How much the pool may hold beyond what tensors use: this share of the most that they ever used, and at least `slack`. */
const share = 0.25;
const slack = 64 * 2 ** 20;

/** Bytes that this process may use: the machine's memory, or what its container is given. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** From this size on a block is checked against what the machine has left: systems promise more than they have. */
const large = 256 * 2 ** 20;

/** The next of 4, 5, 6 and 7 times a power of two: at most a quarter is left over. */
function roundUp(bytes: number): number {
  if (bytes <= 256) return bytes <= 64 ? 64 : bytes <= 128 ? 128 : 256;
  const quarter = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / quarter) * quarter;
}

/**
 * Blocks of tensors, used again when freed: a training step asks for the same sizes every time, and memory that the
 * operating system has to hand out anew costs more than most kernels. Sizes are rounded up to four to the octave.
 */
export class Pool {
  /** Off (`HOURGLASS_POOL=off`), every block has just the size that was asked for and is given back when freed. */
  readonly #pools = process.env['HOURGLASS_POOL'] !== 'off';
  readonly #free = new Map<number, Block[]>();
  #used = 0;
  #peak = 0;
  #idle = 0;
  readonly #limit = memoryLimit();

  constructor(private readonly addon: Addon) {}

  /** Bytes in tensors. */
  get used(): number {
    return this.#used;
  }

  /** Bytes kept for later. */
  get idle(): number {
    return this.#idle;
  }

  /**
   * A block of at least `bytes` bytes with undefined contents.
   * @throws OutOfMemoryError
   */
  allocate(bytes: number): Block {
    if (!(bytes >= 0 && bytes <= this.#limit)) throw this.#full(bytes);
    if (!this.#pools) return this.#exact(bytes);
    const size = roundUp(bytes);
    const list = this.#free.get(size);
    let block = list?.pop();
    if (block !== undefined) this.#idle -= size;
    else block = this.#obtain(size);
    this.#used += size;
    if (this.#used > this.#peak) this.#peak = this.#used;
    return block;
  }

  release(block: Block): void {
    this.#used -= block.bytes;
    if (!this.#pools) {
      this.addon.release(block.address);
      return;
    }
    const list = this.#free.get(block.bytes);
    if (list === undefined) this.#free.set(block.bytes, [block]);
    else list.push(block);
    this.#idle += block.bytes;
  }

  /** Gives memory that no tensor uses back to the system, all but `keep` bytes. */
  trim(keep = 0): void {
    for (const size of [...this.#free.keys()].sort((a, b) => b - a)) {
      const list = this.#free.get(size)!;
      while (this.#idle > keep && list.length > 0) {
        this.addon.release(list.pop()!.address);
        this.#idle -= size;
      }
      if (list.length === 0) this.#free.delete(size);
    }
  }

  #exact(bytes: number): Block {
    const block = this.#obtain(bytes);
    this.#used += bytes;
    return block;
  }

  #obtain(size: number): Block {
    if (this.#used + size > this.#limit) throw this.#full(size);
    // a size that was never freed before: what lies idle is of other sizes, so do not let it pile up
    const allowed = Math.max(slack, this.#peak * share);
    if (this.#idle + size > allowed) this.trim(Math.max(0, allowed - size));
    if (size >= large && size > process.availableMemory()) {
      this.trim();
      if (size > process.availableMemory()) throw this.#full(size);
    }
    let address = this.addon.allocate(size);
    if (address === 0) {
      this.trim();
      address = this.addon.allocate(size);
    }
    if (address === 0) throw this.#full(size);
    return { address, bytes: size };
  }

  #full(size: number): OutOfMemoryError {
    const mb = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MB`;
    return new OutOfMemoryError(
      `out of memory: a tensor needs ${mb(size)}, tensors use ${mb(this.#used)} of ${mb(this.#limit)} (${mb(freemem())} free); ` +
        'use smaller batches or dispose of tensors',
    );
  }
}
