import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { HourglassError, type Task } from '@hourglass/core';

/** An installed package that brings tasks. */
export interface TaskPackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly tasks: readonly Task[];
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly hourglass?: { readonly tasks?: string };
}

/**
 * Finds every installed package whose package.json says `"hourglass": { "tasks": … }`: all of the scope @hourglass, and
 * whatever the project in `from` depends on. The project's own copy wins over one beside this command.
 */
export async function discoverPackages(from = process.cwd()): Promise<TaskPackage[]> {
  const found = new Map<string, { folder: string; manifest: Manifest }>();
  for (const start of [from, dirname(fileURLToPath(import.meta.url))]) {
    for (const folder of candidates(start)) {
      const manifest = readManifest(folder);
      if (manifest?.hourglass?.tasks !== undefined && !found.has(manifest.name))
        found.set(manifest.name, { folder, manifest });
    }
  }
  const packages = Array.from(found.values(), async ({ folder, manifest }): Promise<TaskPackage> => {
    const specifier = join(manifest.name, manifest.hourglass!.tasks!);
    try {
      const entry = createRequire(join(folder, 'package.json')).resolve(specifier);
      const module = (await import(pathToFileURL(entry).href)) as { tasks?: readonly Task[] };
      return { name: manifest.name, version: manifest.version, folder, tasks: module.tasks ?? [] };
    } catch (cause) {
      throw new HourglassError(`the tasks of ${manifest.name} in ${folder} do not load: ${(cause as Error).message}`, {
        cause,
      });
    }
  });
  return (await Promise.all(packages)).sort((a, b) => a.name.localeCompare(b.name));
}

/** Package folders to look at: @hourglass/* and the project's dependencies, in every node_modules from `start` upwards. */
function* candidates(start: string): Iterable<string> {
  for (let folder = start; ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    if (existsSync(modules)) {
      const scope = join(modules, '@hourglass');
      if (existsSync(scope)) for (const name of readdirSync(scope).sort()) yield join(scope, name);
      const { dependencies, devDependencies } = readManifest(folder) ?? {};
      for (const name of Object.keys({ ...dependencies, ...devDependencies })) yield join(modules, name);
    }
    if (dirname(folder) === folder) return;
  }
}

function readManifest(folder: string): Manifest | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return null; // not a package
  }
}
