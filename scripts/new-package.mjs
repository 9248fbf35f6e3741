// npm run new:package -- NAME: turbo's generator, see docs/decisions/0008
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [name, ...more] = process.argv.slice(2);
const usage = `npm run new:package -- NAME

Makes packages/NAME: a modality package with the common skeleton, a small model that trains, a task for the hourglass command, data, tests,
a page in docs/packages and a changeset. NAME is of small letters, digits and single hyphens, for instance motion.`;

if (name === '--help' || name === '-h' || more.length > 0 || (name === undefined && !process.stdin.isTTY)) {
  const asked = name === '--help' || name === '-h';
  console[asked ? 'log' : 'error'](usage);
  process.exit(asked ? 0 : 2);
}

/** @param {string} program @param {readonly string[]} args */
function run(program, args) {
  const isWindows = process.platform === 'win32';
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    shell: isWindows && program === 'npm',
  });
  if (error !== undefined) throw error;
  return status ?? 1;
}

const generator = join(root, 'node_modules/@turbo/gen/dist/cli.js');
if (!existsSync(generator)) {
  console.log('nothing is installed yet, so first: npm ci --ignore-scripts');
  const status = run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  if (status !== 0) process.exit(status);
}
// without a name it asks for one
process.exitCode = run(process.execPath, [
  generator,
  'run',
  'package',
  ...(name === undefined ? [] : ['--args', name]),
]);
