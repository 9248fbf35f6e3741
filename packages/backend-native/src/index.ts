export { findBinary, loadAddon, type Addon, type InstructionSet } from './addon.js';
export { NativeBackend } from './backend.js';
export { OutOfMemoryError } from './memory/pool.js';
export { backendName, register } from './register.js';
