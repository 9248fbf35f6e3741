export { findBinary, loadAddon, type Addon, type InstructionSet } from './addon.js';
export { NativeBackend } from './backend.js';
export { kernel as nativeKernel, type NativeKernel } from './kernel.js';
export { nativeKernels } from './kernels/index.js';
export { OutOfMemoryError } from './memory/pool.js';
export { backendName, register, registerNativeKernels } from './register.js';
