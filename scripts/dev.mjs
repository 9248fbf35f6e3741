#!/usr/bin/env node
// Runs a TypeScript file of this repository straight from source: workspace packages resolve to their `src`.
import { spawn } from 'node:child_process';

const [script, ...args] = process.argv.slice(2);
const child = spawn(
  process.execPath,
  ['--conditions=@hourglass/source', '--import', import.meta.resolve('tsx'), script, ...args],
  { stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
