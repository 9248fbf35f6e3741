import { execFile } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Words that mean something else where a package's name would stand. */
const reserved = new Set(
  'all bench core dist docs evaluate example examples hourglass info node package packages predict src tasks test tests train turbo'.split(
    ' ',
  ),
);

/** Why there can be no new package of this name; null when there can. */
export function nameProblem(root: string, name: string): string | null {
  if (name === '') return 'say what to call it, for example: npm run new:package -- motion';
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    return `'${name}' is no name for a package: small letters and digits, words joined by single hyphens, a letter first, for instance point-cloud`;
  }
  if (name.length > 40) return `'${name}' is too long for a package's name: 40 characters at most`;
  if (reserved.has(name)) return `'${name}' means something else here; choose another name`;
  const taken = [`packages/${name}`, `docs/packages/${name}.md`, `.changeset/${name}.md`];
  const there = taken.find((path) => existsSync(join(root, path)));
  if (there !== undefined) return `${there} is there already; choose another name, or remove it first`;
  return existsSync(join(root, 'examples', name)) ? `examples/${name} has that name; choose another one` : null;
}

/** What {@link newPackage} does besides writing files; all by default. */
export interface NewPackageOptions {
  /** Enters the package into package-lock.json, so that `npm ci` works. */
  readonly lock?: boolean;
  /** Makes it known to node_modules, so that everything runs before the next `npm ci`. */
  readonly link?: boolean;
}

/**
 * Makes packages/NAME with the common skeleton, its page in docs/packages and a changeset, and enters it into tsconfig.json and
 * package-lock.json. When anything fails, everything is as before.
 * @returns the paths that were written, relative to the root.
 */
export async function newPackage(
  root: string,
  name: string,
  { lock = true, link = true }: NewPackageOptions = {},
): Promise<readonly string[]> {
  const problem = nameProblem(root, name);
  if (problem !== null) throw new Error(problem);
  const staged = mkdtempSync(join(tmpdir(), 'hourglass-new-package-'));
  const undo: Array<() => void> = [];
  /** Keeps the file as it is now, to be put back after a failure. */
  const keep = (path: string): void => {
    const copy = join(staged, `before-${undo.length}`);
    copyFileSync(join(root, path), copy);
    undo.push(() => copyFileSync(copy, join(root, path)));
  };
  const place = (from: string, path: string): void => {
    // with the folders that are made for it
    const made = mkdirSync(dirname(join(root, path)), { recursive: true }) ?? join(root, path);
    undo.push(() => rmSync(made, { recursive: true, force: true }));
    cpSync(from, join(root, path), { recursive: true });
  };
  try {
    await fillIn(root, name, staged);
    place(join(staged, 'package'), `packages/${name}`);
    place(join(staged, 'page.md'), `docs/packages/${name}.md`);
    place(join(staged, 'changeset.md'), `.changeset/${name}.md`);
    keep('tsconfig.json');
    addReferences(join(root, 'tsconfig.json'), name);
    if (lock) {
      keep('package-lock.json');
      await updateLock(root);
    }
    if (link) linkInto(root, name, undo);
  } catch (error) {
    for (const step of undo.toReversed()) step();
    throw error;
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
  const changed = ['tsconfig.json', ...(lock ? ['package-lock.json'] : [])];
  return [`packages/${name}`, `docs/packages/${name}.md`, `.changeset/${name}.md`, ...changed];
}

/** The templates with the name in them, formatted, in `staged`. */
async function fillIn(root: string, name: string, staged: string): Promise<void> {
  cpSync(join(root, 'turbo/generators/templates'), staged, { recursive: true });
  const { version } = JSON.parse(readFileSync(join(root, 'packages/core/package.json'), 'utf8')) as { version: string };
  for (const path of filesIn(staged)) {
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replaceAll('__name__', name).replaceAll('__version__', version));
    const own = path.replaceAll('__name__', name);
    if (own !== path) renameSync(path, own);
  }
  copyFileSync(join(root, 'LICENSE'), join(staged, 'package/LICENSE'));
  // where lines break depends on how long the name is
  const formatter = join(root, 'node_modules/oxfmt/bin/oxfmt');
  await run(process.execPath, [formatter, '--config', join(root, '.oxfmtrc.json'), '.'], {
    cwd: join(staged, 'package'),
  });
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** `tsc --build` follows references, which cannot be patterns: a package and its tests come behind the others. */
function addReferences(path: string, name: string): void {
  const config = JSON.parse(readFileSync(path, 'utf8')) as { references: Array<{ path: string }> };
  for (const added of [`packages/${name}`, `packages/${name}/test`]) {
    if (!config.references.some((reference) => reference.path === added)) config.references.push({ path: added });
  }
  writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`);
}

/** All that the package needs is in the lock already, so npm need not ask the registry. */
async function updateLock(root: string): Promise<void> {
  const install = ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  const isWindows = process.platform === 'win32';
  try {
    await run(isWindows ? 'npm.cmd' : 'npm', install, { cwd: root, shell: isWindows });
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    throw new Error(`npm could not update package-lock.json: ${stderr.trim() || message}`, { cause: error });
  }
}

function linkInto(root: string, name: string, undo: Array<() => void>): void {
  const scope = join(root, 'node_modules/@hourglass');
  const target = join(scope, name);
  if (!existsSync(scope) || existsSync(target)) return;
  undo.push(() => rmSync(target, { force: true }));
  symlinkSync(relative(scope, join(root, 'packages', name)), target, 'junction');
}
