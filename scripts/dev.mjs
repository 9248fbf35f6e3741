#!/usr/bin/env node
// Runs a TypeScript file of this repository straight from source: workspace packages resolve to their `src`.
import { spawn } from 'node:child_process';
import { softwareAdapter } from './software-adapter.mjs';

const [script, ...args] = process.argv.slice(2);
const child = spawn(
  process.execPath,
  ['--conditions=@hourglass/source', '--import', import.meta.resolve('tsx'), script, ...args],
  // a backend 'webgpu' works here without a GPU too
  { stdio: 'inherit', env: { ...process.env, ...softwareAdapter({ only: false }) } },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
