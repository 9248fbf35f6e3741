export * from './backend/index.js';
export * from './bottlenecks/index.js';
export * from './checkpoint/index.js';
export * from './clustering/index.js';
export * from './data/index.js';
export * from './errors.js';
export * from './memory.js';
export { disposeAfterGradients } from './gradients/after-gradients.js';
export * as functional from './functional/index.js';
export { customOp, withoutGradient, type Forward, type Gradient } from './gradients/custom-op.js';
export { gradientAside } from './gradients/nested.js';
export * as generation from './generation/index.js';
export * from './layers/index.js';
export {
  describeKernels,
  type KernelDescription,
  type KernelGradient,
  type KernelOrigin,
} from './completion/describe.js';
export { explainKernels, type KernelExplanation } from './kernels/explain.js';
export { differentiable, type Backward, type Gradients } from './kernels/differentiable.js';
export { ownKernel, type Kernel, type OwnKernel, type Reference } from './kernels/own.js';
export { registerCompositions } from './completion/index.js';
export * as kernels from './kernels/specs.js';
export * as losses from './losses/index.js';
export * as metrics from './metrics/index.js';
export * from './module/index.js';
export * from './optim/index.js';
export type { Paper } from './paper.js';
export * from './random/index.js';
export * from './schedules/index.js';
export * from './tasks/index.js';
export * from './training/index.js';
export { registerWebGPUKernels, webgpuKernel, type Gpu, type WebGPUKernel } from './webgpu/kernel.js';
export type { Shader } from './webgpu/shader.js';
export { isSoftwareAdapter } from './webgpu/adapter.js';
export { progressed, type Watch } from './watch.js';
