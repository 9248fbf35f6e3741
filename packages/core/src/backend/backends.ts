import * as tf from '@tensorflow/tfjs-core';
import { UnsupportedError } from '../errors.js';
import { platform } from '#platform';

export type BackendName = 'tensorflow' | 'webgpu' | 'native' | 'wasm' | 'cpu';

/** Thrown by a backend's `load` when the backend cannot work here; `auto` goes on to the next one. */
class Unavailable extends UnsupportedError {}

export interface BackendDefinition {
  readonly name: BackendName;
  /** One clause on what it is, shown as the reason of a choice. */
  readonly description: string;
  /**
   * Loads and registers the TFJS backend and returns the name TFJS knows it by. `chosen` says that the caller wants this one, not
   * the best; only then a software GPU will do.
   */
  load(chosen: boolean): Promise<string>;
  /** Why it may not start though it is there, and what to do. */
  readonly ifStuck?: string;
}

const tensorflow: BackendDefinition = {
  name: 'tensorflow',
  description: 'the TensorFlow library that you installed',
  async load() {
    if (!platform.isNode)
      throw new Unavailable("backend 'tensorflow' runs in Node only; in a browser use 'webgpu' or 'wasm'");
    for (const binding of ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']) {
      let found: unknown;
      try {
        found = await platform.importOptional(binding);
      } catch (cause) {
        throw new Unavailable(
          `backend 'tensorflow': ${binding} is installed but does not load (${(cause as Error).message}); reinstall it or use backend 'wasm'`,
          { cause },
        );
      }
      if (found !== null) return 'tensorflow';
    }
    throw new Unavailable(
      "backend 'tensorflow' needs a TensorFlow binding: npm install @tensorflow/tfjs-node (or @tensorflow/tfjs-node-gpu); backend 'wasm' needs none",
    );
  },
};

const webgpu: BackendDefinition = {
  name: 'webgpu',
  description: 'the GPU through WebGPU',
  async load(chosen) {
    // with all shaders, which other backends need not read
    const { loadWebGPU } = await import('../webgpu/load.js');
    await loadWebGPU(!chosen);
    return 'webgpu';
  },
};

const native: BackendDefinition = {
  name: 'native',
  description: 'the C++ backend of Hourglass',
  async load() {
    const addon = (await platform.importOptional('@hourglass/backend-native')) as { register?(): Promise<void> } | null;
    if (addon?.register === undefined) {
      throw new Unavailable(
        "backend 'native' needs the package: npm install @hourglass/backend-native; backend 'wasm' needs none",
      );
    }
    await addon.register();
    return 'native';
  },
};

const wasm: BackendDefinition = {
  name: 'wasm',
  description: 'WebAssembly with SIMD, nothing to install',
  ...(!platform.isNode && {
    ifStuck:
      'copy the .wasm files of node_modules/@tensorflow/tfjs-backend-wasm/dist to where your page is served from, or call setWasmPaths(URL of their folder) of that package first',
  }),
  async load() {
    await import('@tensorflow/tfjs-backend-wasm');
    return 'wasm';
  },
};

const cpu: BackendDefinition = {
  name: 'cpu',
  description: 'plain JavaScript, slow but everywhere',
  async load() {
    await import('@tensorflow/tfjs-backend-cpu');
    return 'cpu';
  },
};

/** In the order in which `auto` tries them. */
export const backends: readonly BackendDefinition[] = [tensorflow, native, webgpu, wasm, cpu];

/** Makes TFJS use a loaded backend; false when its own initialisation refuses. */
export async function activate(registered: string): Promise<boolean> {
  const restore = guardProcess();
  try {
    if (!(await tf.setBackend(registered))) return false;
    await tf.ready();
    // the cpu backend prints its advertisement with the first tensor: let that be now
    tf.scalar(0).dispose();
    return tf.getBackend() === registered;
  } catch {
    return false;
  } finally {
    restore();
  }
}

/**
 * Keeps a starting backend from changing the process. The Emscripten module of the wasm backend installs handlers that turn
 * every uncaught error of the program into a print-out of its own minified source; TFJS prints an advertisement in Node.
 */
function guardProcess(): () => void {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = platform.isNode ? events.map((event) => process.listeners(event as 'uncaughtException')) : [];
  const quiet = tf.env().getBool('IS_TEST');
  tf.env().set('IS_TEST', true);
  return () => {
    tf.env().set('IS_TEST', quiet);
    before.forEach((listeners, i) => {
      const event = events[i]! as 'uncaughtException';
      for (const listener of process.listeners(event))
        if (!listeners.includes(listener)) process.removeListener(event, listener);
    });
  };
}
