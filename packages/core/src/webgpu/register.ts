import * as kernels from '../kernels/webgpu.js';
import { registerKernels } from './kernel.js';

/** Gives the webgpu backend every kernel of ours that has a version in WGSL. Idempotent. */
export function registerWebGPUKernels(): void {
  registerKernels(Object.values(kernels));
}
