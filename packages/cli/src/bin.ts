#!/usr/bin/env node
import { discoverPackages } from './discover.js';
import { main } from './program.js';

const controller = new AbortController();
/** A terminal's Ctrl-C reaches every process of its group, and a process that started this one may pass it on. */
const sameSignal = 300;
let stoppedAt = 0;
// The first Ctrl-C lets the task save what it has; the second ends at once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (controller.signal.aborted) {
      if (performance.now() - stoppedAt > sameSignal) process.exit(130);
      return;
    }
    stoppedAt = performance.now();
    console.error('\nstopping after this step; press Ctrl-C again to stop at once');
    controller.abort();
  });
}
// `hourglass … | head` closes our output: not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  process.exitCode = await main(process.argv.slice(2), await discoverPackages(), {
    print: (line) => console.log(line),
    signal: controller.signal,
  });
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 2;
}
