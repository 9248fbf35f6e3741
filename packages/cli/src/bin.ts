#!/usr/bin/env node
import { discoverPackages } from './discover.js';
import { main } from './program.js';

const controller = new AbortController();
// The first Ctrl-C lets the task save what it has; the second ends at once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (controller.signal.aborted) process.exit(130);
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
    interactive: process.stdout.isTTY === true,
  });
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 2;
}
