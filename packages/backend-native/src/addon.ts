import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { UnsupportedError } from '@hourglass/core';

/** An instruction set that the kernels were compiled for. */
export type InstructionSet = 'sse2' | 'avx2' | 'avx512' | 'neon' | 'baseline';

/** What the compiled addon exports. Addresses are numbers; memory at them is only touched by C++. */
export interface Addon {
  /** Where {@link run} finds a kernel's arguments. */
  readonly arguments: Float64Array;
  /** A new block's address; 0 when there is no memory. */
  allocate(bytes: number): number;
  release(address: number): void;
  /** Fills a typed array from the beginning of a block. */
  read(address: number, to: ArrayBufferView): void;
  /** Fills the beginning of a block from a typed array. */
  write(address: number, from: ArrayBufferView): void;
  /** A kernel's number, or -1. */
  kernel(name: string): number;
  kernels(): string[];
  /** @throws Error with what the kernel says was wrong. */
  run(kernel: number): void;
  /** What this processor has, the plainest first. */
  isas(): InstructionSet[];
  isa(): InstructionSet;
  /** False when this processor does not have it. */
  setIsa(name: InstructionSet): boolean;
  threads(): number;
  setThreads(count: number): void;
}

let loaded: Addon | null = null;

/** The compiled kernels' file, or null when this installation has none for this machine. */
export async function findBinary(): Promise<string | null> {
  const { built, prebuilt } = (await import(new URL('../scripts/locations.mjs', import.meta.url).href)) as {
    built: string;
    prebuilt: string;
  };
  const forced = process.env['HOURGLASS_ADDON'];
  return (forced === undefined ? [built, prebuilt] : [forced]).find((file) => existsSync(file)) ?? null;
}

/**
 * The compiled kernels; loads them the first time. `HOURGLASS_THREADS` sets the number of threads (default: one a
 * processor), `HOURGLASS_ISA` forces a plainer instruction set, `HOURGLASS_ADDON` names another binary.
 *
 * @throws UnsupportedError when there is no binary for this machine, or an environment variable is wrong.
 */
export async function loadAddon(): Promise<Addon> {
  if (loaded !== null) return loaded;
  const path = await findBinary();
  if (path === null) {
    const forced = process.env['HOURGLASS_ADDON'];
    throw new UnsupportedError(
      forced === undefined
        ? `backend 'native' has no binary for ${process.platform}-${process.arch}: run npx hourglass-build-native (needs g++ or clang++), or use backend 'wasm'`
        : `HOURGLASS_ADDON=${forced}: no such file`,
    );
  }
  let addon: Addon;
  try {
    addon = createRequire(import.meta.url)(path) as Addon;
  } catch (cause) {
    throw new UnsupportedError(
      `backend 'native': ${path} does not load (${(cause as Error).message}); run npx hourglass-build-native, or use backend 'wasm'`,
      { cause },
    );
  }
  configure(addon);
  loaded = addon;
  return addon;
}

function configure(addon: Addon): void {
  const threads = process.env['HOURGLASS_THREADS'];
  if (threads !== undefined && !/^[1-9]\d{0,2}$/.test(threads)) {
    throw new UnsupportedError(`HOURGLASS_THREADS=${threads}: must be a whole number from 1 to 256`);
  }
  addon.setThreads(threads === undefined ? availableParallelism() : Number(threads));
  const isa = process.env['HOURGLASS_ISA'];
  if (isa !== undefined && !addon.setIsa(isa as InstructionSet)) {
    throw new UnsupportedError(`HOURGLASS_ISA=${isa}: this machine has ${addon.isas().join(', ')}`);
  }
}
