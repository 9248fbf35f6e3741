import * as tf from '@tensorflow/tfjs-core';
import type { Workload } from '../../../workload.js';
import { chosenSize } from '../../size.js';

const megabytes = chosenSize() === 'full' ? 512 : 64;

/** What the adapter's memory does at best: a copy from one buffer to another. */
export const workload: Workload = {
  description: `copy of ${megabytes} MB on the device`,
  cases: {
    forward: {
      prepare() {
        const { device } = tf.backend() as unknown as { device: GPUDevice };
        const size = megabytes * 2 ** 20;
        const [from, to] = [0, 1].map(() =>
          device.createBuffer({ size, usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST }),
        );
        return {
          step() {
            const commands = device.createCommandEncoder();
            commands.copyBufferToBuffer(from!, 0, to!, 0, size);
            device.queue.submit([commands.finish()]);
          },
          work: { bytes: 2 * size },
          dispose: () => [from, to].forEach((buffer) => buffer!.destroy()),
        };
      },
    },
  },
};
