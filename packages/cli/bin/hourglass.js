#!/usr/bin/env node
// Here, before anything is compiled, so that npm can link it. Published, the command is compiled; in its repository it runs from
// source, as `npm run hourglass` does.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../src/bin.ts', import.meta.url));
const runner = fileURLToPath(new URL('../../../scripts/dev.mjs', import.meta.url));
if (existsSync(source) && existsSync(runner)) {
  const child = spawn(process.execPath, [runner, source, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 1));
} else await import('../dist/bin.js');
