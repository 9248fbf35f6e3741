export type { BackendName } from './backends.js';
export * from './use-backend.js';
