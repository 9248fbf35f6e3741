import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';

/** Runs a program of this folder in a process of its own, and gives the numbers that it prints as JSON. */
export function runAlone(program: string, ...args: readonly number[]): Record<string, number> {
  const script = fileURLToPath(new URL(program, import.meta.url));
  const { NODE_OPTIONS: _, ...env } = process.env;
  const options = ['--conditions=@hourglass/source', '--import', import.meta.resolve('tsx'), script];
  const out = execFileSync(process.execPath, [...options, ...args.map(String)], { env });
  return JSON.parse(String(out)) as Record<string, number>;
}

/** The sizes in bytes of the buffers that `run` makes on the GPU; the webgpu backend must be in use. */
export function buffersMade(run: () => void): number[] {
  const { device } = tf.backend() as unknown as { device: GPUDevice };
  const create = device.createBuffer.bind(device);
  const made: number[] = [];
  device.createBuffer = (descriptor) => {
    made.push(descriptor.size);
    return create(descriptor);
  };
  try {
    tf.tidy(run);
  } finally {
    device.createBuffer = create;
  }
  return made;
}
