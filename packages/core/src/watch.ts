/** How work that takes long is followed, and stopped. */
export interface Watch {
  /** The work ends with the signal's reason soon after it is aborted. */
  readonly signal?: AbortSignal;
  /** `total` is infinite where it is not known. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** For work of many pieces, to await after each: says how far it is, and lets a stop come through. @throws the signal's reason */
export async function progressed({ signal, onProgress }: Watch, done: number, total: number): Promise<void> {
  onProgress?.({ done, total });
  await breathe();
  signal?.throwIfAborted();
}

const interval = 20;
let last = 0;

/**
 * Lets the event loop turn, at most every 20 ms. Without it a loop on a backend that computes at once would never leave the
 * queue of promises, and signals and timers would wait for its end.
 */
export async function breathe(): Promise<void> {
  const now = performance.now();
  if (now - last < interval) return;
  await new Promise<void>((resolve) => {
    setTimeout(resolve, 0);
  });
  last = performance.now();
}
