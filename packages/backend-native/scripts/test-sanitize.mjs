// Runs the tests on an addon compiled with AddressSanitizer and UndefinedBehaviorSanitizer: what touches memory beyond a
// tensor, or after it is freed, ends the run. Arguments go to vitest: `npm run test:sanitize -- matmul`. Linux only.
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
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
      ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=1',
      UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
    },
  },
);
tests.on('exit', (code) => process.exit(code ?? 1));
