/** Names of the inputs whose gradients are asked for; null where all may be. */
let wanted: ReadonlySet<string> | null = null;

/** Runs `gradient`, which is then told that only these inputs' gradients will be asked for. */
export function asking<T>(names: readonly string[], gradient: () => T): T {
  const before = wanted;
  wanted = new Set(names);
  try {
    return gradient();
  } finally {
    wanted = before;
  }
}

/** Whether the gradient of the input at this place may be asked for, in the backward pass of a customOp. */
export function isWanted(place: number): boolean {
  return wanted === null || wanted.has(String(place));
}

/** Whether the gradient of a kernel's input will surely be asked for, in its backward pass; TFJS's own `tf.grad` does not tell. */
export function isSurelyWanted(name: string): boolean {
  return wanted?.has(name) ?? false;
}
