import { fileError } from '../platform/errors.js';
import type { Files, WritableFile } from '../platform/types.js';

/** The content of a file, written to `file` in pieces. */
export type Content = (file: WritableFile) => Promise<void>;

export function textContent(text: string): Content {
  return (file) => file.write(new TextEncoder().encode(text));
}

/**
 * Writes files so that each is either the old or the new one, whole, whatever happens: first all of them beside their
 * targets, forced to the disk, then renamed in the order given. When writing fails (a full disk), the old ones stay and
 * nothing else is left behind.
 * @throws FileError
 */
export async function writeFilesAtomically(
  files: Files,
  folder: string,
  contents: ReadonlyArray<readonly [name: string, content: Content]>,
): Promise<void> {
  await files.makeFolder(folder);
  // names of their own, so that two who write one file do not write into each other's
  const temporary = contents.map(([name]) => `${folder}/.${name}.${crypto.randomUUID()}.tmp`);
  try {
    for (const [i, [name, content]] of contents.entries()) {
      try {
        const file = await files.create(temporary[i]!);
        try {
          await content(file);
          await file.sync();
        } finally {
          await file.close();
        }
      } catch (cause) {
        throw fileError(`${folder}/${name}`, 'write it', cause);
      }
    }
    for (const [i, [name]] of contents.entries()) await files.rename(temporary[i]!, `${folder}/${name}`);
  } catch (error) {
    for (const path of temporary) await files.remove(path).catch(() => {});
    throw error;
  }
  await files.syncFolder(folder);
}
