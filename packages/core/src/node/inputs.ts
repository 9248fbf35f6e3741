import { statSync } from 'node:fs';
import { basename, extname, join, relative, resolve } from 'node:path';
import { glob } from 'tinyglobby';
import { FileError, InvalidArgumentError } from '../errors.js';

/** A file that a user named, alone, in a folder or by a glob. */
export interface Input {
  readonly path: string;
  /** Where its results go, below the output folder: no two inputs share one. */
  readonly name: string;
}

/** What {@link findInputs} looks for. */
export interface InputKind {
  /** For messages: `pictures`. */
  readonly plural: string;
  /** What is added to a name for the first result: `-mask.png`. */
  readonly suffix: string;
  /** Such files in a folder and below it, by paths that start with the folder or are relative to it. */
  list(folder: string): Promise<readonly string[]>;
}

/**
 * The files that arguments of a command name: files, folders and globs, each once.
 * @throws FileError for what is not there; InvalidArgumentError when results of two files would have one name.
 */
export async function findInputs(args: readonly string[], kind: InputKind): Promise<Input[]> {
  const found = new Map<string, Input>();
  const add = (path: string, base: string): void => {
    const name = relative(base, path).slice(0, -extname(path).length || undefined);
    const twin = found.get(name);
    if (twin !== undefined) {
      // named twice, say by a glob too
      if (resolve(twin.path) === resolve(path)) return;
      throw new InvalidArgumentError(
        `${twin.path} and ${path} would both be written as ${name}${kind.suffix}; predict them into different folders`,
      );
    }
    found.set(name, { path, name });
  };
  for (const arg of args) {
    const status = statSync(arg, { throwIfNoEntry: false });
    if (status?.isDirectory()) {
      const inside = await kind.list(arg);
      if (inside.length === 0) throw new FileError(arg, `holds no ${kind.plural}`);
      for (const path of inside) add(path.startsWith(arg) ? path : join(arg, path), arg);
    } else if (status !== undefined) add(arg, arg.slice(0, -basename(arg).length) || '.');
    else {
      const matches = (await glob(arg, { absolute: false, onlyFiles: true })).sort();
      if (matches.length === 0)
        throw new FileError(arg, 'there is no such file or folder, and as a glob it matches nothing');
      for (const path of matches) add(path, path.slice(0, -basename(path).length) || '.');
    }
  }
  return [...found.values()];
}
