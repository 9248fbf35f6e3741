import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const headers = dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json'));
const run = promisify(execFile);
let project: string;
let copy: string;

// the package as it is installed, in a folder with spaces
beforeEach(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), 'hourglass install ')));
  copy = join(project, 'node_modules/@hourglass/backend-native');
  for (const folder of ['cpp', 'scripts', 'package.json'])
    cpSync(join(root, folder), join(copy, folder), { recursive: true });
  symlinkSync(headers, join(project, 'node_modules/node-api-headers'));
  mkdirSync(join(project, 'bin'));
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

/** A program that stands for a compiler and notes each call with which it is to make a file. */
function compiler(behaviour: string): string {
  const path = join(project, 'bin/my c++');
  writeFileSync(
    path,
    `#!/bin/sh
[ "$1" = --version ] && echo 'my c++ 1.0' && exit
echo "$@" >> '${project}/calls'
${behaviour}
`,
  );
  chmodSync(path, 0o755);
  return path;
}

const making = 'while [ $# -gt 1 ]; do if [ "$1" = -o ]; then echo made > "$2"; fi; shift; done';
const calls = (): number =>
  existsSync(join(project, 'calls')) ? readFileSync(join(project, 'calls'), 'utf8').trim().split('\n').length : 0;

async function node(script: string, env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  const { CXX: _, HOURGLASS_BUILD_CACHE: _cache, NODE_OPTIONS: _options, ...rest } = process.env;
  const { stdout, stderr } = await run(process.execPath, [script, ...args], { env: { ...rest, ...env }, cwd: project });
  return stdout + stderr;
}
const install = (env: NodeJS.ProcessEnv): Promise<string> => node(join(copy, 'scripts/install.mjs'), env);
const platform = `${process.platform}-${process.arch}`;

describe.runIf(process.platform === 'linux')('installing', () => {
  it('without a compiler gives one line that says what happens and what to do', async () => {
    const output = await install({ PATH: join(project, 'bin') });
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(output).toMatch(/no C\+\+ compiler.*WebAssembly.*npx hourglass-build-native/);
  });

  it('with a compiler that fails gives one line with its error', async () => {
    const output = await install({ CXX: compiler("echo 'x.cpp:1: error: no such thing' >&2; exit 1") });
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(output).toMatch(/no such thing.*WebAssembly/);
  });

  it('compiles, in a path with spaces; a second time there is nothing to do', async () => {
    const CXX = compiler(making);
    expect(await install({ CXX })).toBe('');
    const binary = readFileSync(join(copy, 'build', platform, 'hourglass.node'), 'utf8');
    expect([binary, calls() > 10]).toEqual(['made\n', true]);
    const before = calls();
    expect(await install({ CXX })).toBe('');
    expect(calls()).toBe(before);
    // one changed file: its objects, and linking
    writeFileSync(join(copy, 'cpp/addon.cpp'), `${readFileSync(join(copy, 'cpp/addon.cpp'), 'utf8')}\n`);
    await install({ CXX });
    expect(calls()).toBe(before + 2);
  });

  it('does not compile where the package brings a binary', async () => {
    mkdirSync(join(copy, 'prebuilds', platform), { recursive: true });
    writeFileSync(join(copy, 'prebuilds', platform, 'hourglass.node'), '');
    expect(await install({ CXX: compiler(making) })).toBe('');
    expect(calls()).toBe(0);
  });

  it('npx hourglass-build-native compiles by way of its link, also for another processor', async () => {
    const link = join(project, 'node_modules/.bin/hourglass-build-native');
    mkdirSync(dirname(link));
    symlinkSync('../@hourglass/backend-native/scripts/build.mjs', link);
    const other = process.arch === 'arm64' ? 'x64' : 'arm64';
    expect(await node(link, { CXX: compiler(making) }, '--prebuild', '--arch', other)).toContain(
      join('prebuilds', `${process.platform}-${other}`, 'hourglass.node'),
    );
    await expect(node(link, { CXX: join(project, 'nothing') })).rejects.toThrow(/CXX=.*nothing does not run/);
  });
});
