import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const binary = join(root, 'packages/backend-native/build', `${process.platform}-${process.arch}`, 'hourglass.node');
const run = promisify(execFile);
let project: string;
let installed: string;

async function inProject(program: string, ...args: string[]): Promise<string> {
  const { NODE_OPTIONS: _options, HOURGLASS_ADDON: _addon, ...env } = process.env;
  const { stdout, stderr } = await run(program, args, { cwd: project, env, maxBuffer: 1e8 });
  return stdout + stderr;
}

async function evaluate(code: string): Promise<string> {
  writeFileSync(
    join(project, 'program.mjs'),
    `import * as tf from '@tensorflow/tfjs-core';\nimport { useBackend } from '@hourglass/core';\n${code}`,
  );
  return inProject(process.execPath, 'program.mjs');
}

// install scripts are held back, as npm does for packages that the project has not approved
beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'hourglass native '));
  installed = join(project, 'node_modules/@hourglass/backend-native');
  const names = ['core', 'backend-native'];
  await run('npx', ['tsc', '--build', ...names.map((name) => `packages/${name}`)], { cwd: root });
  const { stdout } = await run(
    'npm',
    ['pack', '--json', '--pack-destination', project, ...names.flatMap((name) => ['-w', `@hourglass/${name}`])],
    { cwd: root },
  );
  const tarballs = (JSON.parse(stdout) as Array<{ filename: string }>).map(({ filename }) => `./${filename}`);
  writeFileSync(join(project, 'package.json'), '{ "name": "somebody-elses", "private": true, "type": "module" }\n');
  const options = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'];
  await inProject('npm', 'install', ...options, ...tarballs, '@tensorflow/tfjs-core@4.22.0');
}, 300_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('the packed native backend, installed in an empty project', () => {
  it('brings what it is compiled from, and no more', () => {
    const files = readdirSync(installed);
    expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'cpp', 'dist', 'package.json', 'scripts']));
    for (const name of ['src', 'test', 'build']) expect(files).not.toContain(name);
    expect(existsSync(join(installed, 'cpp/kernels/matmul.cpp'))).toBe(true);
  });

  it('says what to do where install scripts were held back, and WebAssembly is used', async () => {
    const output = await evaluate(`
console.log((await useBackend()).reason);
await useBackend('native').catch((error) => console.log(error.name, error.message));`);
    expect(output).toMatch(/^wasm: .*not available: .*native/);
    expect(output).toMatch(/UnsupportedError .*npx hourglass-build-native/);
    expect(await inProject('npx', 'hourglass-build-native', '--help')).toMatch(/Compiles the native backend/);
  });

  it.runIf(existsSync(binary))('takes a binary that the package brings, and compiles nothing', async () => {
    const folder = join(installed, 'prebuilds', `${process.platform}-${process.arch}`);
    mkdirSync(folder, { recursive: true });
    cpSync(binary, join(folder, 'hourglass.node'));
    await inProject('npm', 'rebuild', '@hourglass/backend-native', '--foreground-scripts');
    expect(existsSync(join(installed, 'build'))).toBe(false);
    const output = await evaluate(`
console.log((await useBackend()).name, Array.from(tf.matMul([[1, 2]], [[3], [4]]).dataSync()));`);
    expect(output.trim()).toBe('native [ 11 ]');
  });
});
