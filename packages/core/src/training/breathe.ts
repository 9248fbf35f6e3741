const interval = 20;
let last = 0;

/**
 * Lets the event loop turn, at most every 20 ms. Without it a training loop on a backend that computes at once would never
 * leave the queue of promises, and signals and timers would wait for its end.
 */
export async function breathe(): Promise<void> {
  const now = performance.now();
  if (now - last < interval) return;
  await new Promise<void>((resolve) => {
    setTimeout(resolve, 0);
  });
  last = performance.now();
}
