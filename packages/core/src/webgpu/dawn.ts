import { platform } from '#platform';
import { UnsupportedError } from '../errors.js';

/** The npm package `webgpu`: Dawn, Chromium's WebGPU, for Node. */
interface Dawn {
  create(options: string[]): GPU;
  readonly globals: Record<string, unknown>;
}

type Tick = () => void;

let provided = false;

/** Whether WebGPU here is Dawn by {@link provideDawn}. */
export function providedDawn(): boolean {
  return provided;
}

/** What is waited on; made when it is needed, since browsers have no such memory for most pages. */
let pause: Int32Array<SharedArrayBuffer> | undefined;

/** The last callback with which Dawn asked to be given time for what is under way. */
let lastTick: Tick | null = null;

/** Runs `start`, which begins something asynchronous in Dawn, and notes the callback that Dawn hands to setImmediate. */
function noting<T>(start: () => T): T {
  const original = globalThis.setImmediate;
  globalThis.setImmediate = ((callback: Tick, ...rest: unknown[]) => {
    lastTick = callback;
    return (original as (...all: unknown[]) => NodeJS.Immediate)(callback, ...rest);
  }) as typeof setImmediate;
  try {
    return start();
  } finally {
    globalThis.setImmediate = original;
  }
}

/**
 * Maps a buffer for reading and waits for it without leaving the current turn of the event loop, by giving Dawn itself the
 * time that Node's event loop would. JavaScript has no other way to wait for a GPU.
 *
 * @returns false when the buffer could not be mapped: the device is lost.
 */
export function mapNow(buffer: GPUBuffer): boolean {
  // the outcome is read off the buffer
  noting(() => buffer.mapAsync(1 /* GPUMapMode.READ */)).catch(() => undefined);
  const original = globalThis.setImmediate;
  let asked: Tick | null = null;
  globalThis.setImmediate = ((callback: Tick) => {
    lastTick = asked = callback;
  }) as unknown as typeof setImmediate;
  try {
    for (let turn = 0; buffer.mapState === 'pending'; turn++) {
      const tick: Tick | null = lastTick;
      if (tick === null) break;
      asked = null;
      tick();
      // leave the processor to a GPU that is one
      if (turn > 50) Atomics.wait((pause ??= new Int32Array(new SharedArrayBuffer(4))), 0, 0, 0.05);
    }
  } finally {
    globalThis.setImmediate = original;
  }
  if (asked !== null) original(asked);
  return buffer.mapState === 'mapped';
}

/**
 * Gives Node the global names of WebGPU, by the package `webgpu`.
 * @throws UnsupportedError when the package is missing or does not load.
 */
export async function provideDawn(): Promise<void> {
  const install = 'npm install webgpu';
  let dawn: Dawn | null;
  try {
    dawn = (await platform.importOptional('webgpu')) as Dawn | null;
  } catch (cause) {
    throw new UnsupportedError(
      `backend 'webgpu': the package webgpu is installed but does not load (${(cause as Error).message}); reinstall it: ${install}`,
      { cause },
    );
  }
  if (dawn?.create === undefined) throw new UnsupportedError(`backend 'webgpu' in Node needs the package: ${install}`);
  provided = true;
  Object.assign(globalThis, dawn.globals);
  const scope = globalThis as { navigator?: object };
  Object.defineProperty(globalThis, 'navigator', {
    value: Object.assign(Object.create(scope.navigator ?? null) as object, { gpu: dawn.create(dawnOptions()) }),
    configurable: true,
    writable: true,
  });
}

/** Dawn's own options, which tests set: they are no part of WebGPU. */
function dawnOptions(): string[] {
  const { process } = globalThis as { process?: { env: Readonly<Record<string, string | undefined>> } };
  return process?.env['HOURGLASS_DAWN_OPTIONS']?.split(' ') ?? [];
}

/** For calls on Dawn's objects that begin something asynchronous. */
export const onDawn = noting;
