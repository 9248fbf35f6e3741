// Runs the tests on an addon compiled with AddressSanitizer and UndefinedBehaviorSanitizer: what touches memory beyond a
// tensor, or after it is freed, ends the run. Arguments go to vitest: `npm run test:sanitize -- matmul`. Linux only.
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findCompiler, build } from './build.mjs';
import { root } from './locations.mjs';

const compiler = await findCompiler();
if (compiler === null) throw new Error('no C++ compiler');
const addon = await build({
  compiler,
  output: join(root, 'build', 'sanitize', 'hourglass.node'),
  sanitize: true,
  log: (line) => console.log(line),
});
const isReport = (name) => name.startsWith('report.');
for (const name of readdirSync(dirname(addon)).filter(isReport)) rmSync(join(dirname(addon), name));
// in files, since a process that ends so suddenly takes what it printed with it
const log = `log_path=${join(dirname(addon), 'report')}`;
const library = (name) => execFileSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
const tests = spawn(
  process.execPath,
  [
    join(root, '../../node_modules/vitest/vitest.mjs'),
    'run',
    '--root',
    join(root, '../..'),
    '--project',
    'backend-native',
    ...process.argv.slice(2),
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      HOURGLASS_ADDON: addon,
      // every tensor in a block of exactly its size, given back when it is freed
      HOURGLASS_POOL: 'off',
      // the addon is linked against them, but Node was started without
      LD_PRELOAD: `${library('libasan.so')} ${library('libubsan.so')}`,
      ASAN_OPTIONS: `${log}:detect_leaks=0:allocator_may_return_null=1`,
      UBSAN_OPTIONS: `${log}:print_stacktrace=1:halt_on_error=1`,
    },
  },
);
tests.on('exit', (code) => {
  const reports = readdirSync(dirname(addon)).filter(isReport);
  const errors = reports
    .map((name) => readFileSync(join(dirname(addon), name), 'utf8'))
    .filter((text) => /ERROR|runtime error/.test(text));
  for (const text of errors) console.error(text);
  process.exit(errors.length > 0 ? 1 : (code ?? 1));
});
