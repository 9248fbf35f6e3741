import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nameProblem, newPackage } from '../../../turbo/generators/new-package.js';
import { structureProblems } from '../structure/rules.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);
let copy: string;
/** A name that no package will have; one that was made by the guide's words may be there. */
const other = 'other-than-what-is-there';
const at = (path: string): string => join(copy, path);

async function inCopy(program: string, ...args: string[]): Promise<{ code: number; output: string }> {
  // of the package's own tests, not of this one
  const { HOURGLASS_TEST_BACKEND: _backend, VITEST: _vitest, NODE_ENV: _env, ...env } = process.env;
  try {
    const { stdout, stderr } = await run(program, args, { cwd: copy, env, maxBuffer: 1e8 });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: `${stdout}${stderr}` };
  }
}

const tool = (name: string): string => join(root, 'node_modules/.bin', name);

/** The files that {@link newPackage} reads, and no packages. */
function copyRoot(): void {
  for (const path of ['turbo/generators/templates', 'package.json', 'package-lock.json', 'tsconfig.json', 'LICENSE']) {
    cpSync(join(root, path), at(path), { recursive: true });
  }
  for (const path of ['.oxfmtrc.json', '.oxlintrc.json', 'tsconfig.base.json', 'vitest.config.ts', 'scripts']) {
    cpSync(join(root, path), at(path), { recursive: true });
  }
}

/** The other packages as they are, compiled and all. */
function linkPackages(): void {
  const link = (path: string, target = join(root, path)): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    symlinkSync(target, at(path));
  };
  for (const name of readdirSync(join(root, 'packages'))) {
    link(`packages/${name}`);
    link(`node_modules/@hourglass/${name}`, at(`packages/${name}`));
  }
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@hourglass') link(`node_modules/${name}`);
  }
  mkdirSync(at('examples'));
}

/** The manifests of the workspace alone, which is all that npm needs for its lock. */
function copyManifests(): void {
  for (const folder of ['packages', 'examples', '.']) {
    for (const name of readdirSync(join(root, folder))) {
      const path = join(folder, name, 'package.json');
      if (existsSync(join(root, path)) && name !== 'node_modules') cpSync(join(root, path), at(path));
    }
  }
  mkdirSync(at('node_modules'));
  symlinkSync(join(root, 'node_modules/oxfmt'), at('node_modules/oxfmt'));
}

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'hourglass-generator-'));
  copyRoot();
});
afterEach(() => rmSync(copy, { recursive: true, force: true }));

describe('npm run new:package', () => {
  it('makes a package that keeps the structure, is formatted, lints, compiles and passes its tests', async () => {
    linkPackages();
    const name = 'movement-of-many-joints';
    await newPackage(copy, name, { lock: false });
    expect(structureProblems(copy).filter((problem) => problem.includes(name))).toEqual([]);
    expect(existsSync(at(`docs/packages/${name}.md`)) && existsSync(at(`.changeset/${name}.md`))).toBe(true);
    const files = readdirSync(at(`packages/${name}`), { recursive: true }).filter((path) =>
      /\.\w+$/.test(String(path)),
    );
    for (const path of files)
      expect(readFileSync(at(`packages/${name}/${String(path)}`), 'utf8')).not.toMatch(/__\w+__/);

    const done = { code: 0 };
    expect(await inCopy(tool('oxfmt'), '--check', 'packages')).toMatchObject(done);
    expect(await inCopy(tool('oxlint'), '--deny-warnings', `packages/${name}`)).toMatchObject(done);
    // one after the other and without --build, which would write what the links of the other packages lead to
    for (const project of [name, `${name}/test`])
      expect(await inCopy(tool('tsc'), '--project', `packages/${project}`)).toMatchObject(done);
    const { code, output } = await inCopy(tool('vitest'), 'run', '--project', name);
    expect(output).toMatch(/[3-9]\d passed, 0 failed, 0 skipped/);
    expect(code).toBe(0);
  }, 300_000);

  it('enters the package into the lock, so that npm ci works', async () => {
    copyManifests();
    await newPackage(copy, other, { link: false });
    const lock = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')) as { packages: Record<string, unknown> };
    expect(lock.packages[`node_modules/@hourglass/${other}`]).toEqual({ resolved: `packages/${other}`, link: true });
    const install = ['ci', '--dry-run', '--ignore-scripts', '--no-audit', '--no-fund'];
    expect(await inCopy('npm', ...install)).toMatchObject({ code: 0 });
    // and what was locked before is locked as before
    const before = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as typeof lock;
    expect(
      Object.keys(lock.packages)
        .filter((path) => !(path in before.packages))
        .toSorted(),
    ).toEqual([`node_modules/@hourglass/${other}`, `packages/${other}`]);
  }, 120_000);

  it('leaves everything as it was when something fails', async () => {
    copyManifests();
    const files = (): string[] => readdirSync(copy, { recursive: true }).map(String).toSorted();
    rmSync(at('package-lock.json'));
    const [before, config] = [files(), readFileSync(at('tsconfig.json'), 'utf8')];
    await expect(newPackage(copy, other)).rejects.toThrow(/package-lock\.json/);
    expect(files()).toEqual(before);
    expect(readFileSync(at('tsconfig.json'), 'utf8')).toBe(config);
  });

  it('says which names cannot be', () => {
    expect(nameProblem(root, other)).toBeNull();
    expect(nameProblem(root, 'point-cloud-2')).toBeNull();
    for (const name of ['Motion', 'a b', '-a', 'a-', 'a--b', '2d', '@x/y', '../x', 'ä', 'a.b', 'a_b']) {
      expect(nameProblem(root, name)).toMatch(/is no name for a package: small letters/);
    }
    expect(nameProblem(root, '')).toMatch(/npm run new:package -- motion/);
    expect(nameProblem(root, 'x'.repeat(41))).toMatch(/too long/);
    expect(nameProblem(root, 'node-modules'.slice(0, 4))).toMatch(/means something else here/);
    expect(nameProblem(root, 'vision')).toMatch(/packages\/vision is there already/);
    expect(nameProblem(root, 'quickstart')).toMatch(/examples\/quickstart has that name/);
  });
});
