import { FileError } from '../errors.js';
import { textContent, writeFilesAtomically, type Content } from '../checkpoint/atomic.js';
import { pointerName, readPointer, stepOf, type Pointer } from '../checkpoint/pointer.js';
import { fileError } from '../platform/errors.js';
import type { Files } from '../platform/types.js';

/**
 * Checkpoints of a run: `<folder>/step-00000120/` with whatever is written into it, and `pointer.json`, which says which is
 * the latest and which the best. A checkpoint is written beside, forced to the disk, renamed, and only then pointed to, so
 * that there is a whole one at every moment, whenever the process dies.
 */
export class CheckpointStore {
  #pointer: Pointer | null = null;

  private constructor(
    readonly folder: string,
    readonly keep: number,
    private readonly files: Files,
  ) {}

  /** Opens the folder, made when missing, and removes what a killed process left half-written. */
  static async open(folder: string, keep: number, files: Files): Promise<CheckpointStore> {
    const store = new CheckpointStore(folder, keep, files);
    await files.makeFolder(folder);
    store.#pointer = await readPointer(folder, files);
    const latest = store.#pointer === null ? -1 : stepOf(store.#pointer.latest);
    for (const name of await files.list(folder)) {
      const isUnfinished = name.endsWith('.tmp') || (stepOf(name) >= 0 && stepOf(name) > latest);
      if (isUnfinished) await files.remove(`${folder}/${name}`);
    }
    return store;
  }

  /** Folder of the latest whole checkpoint; null before the first. */
  get latest(): string | null {
    return this.#pointer === null ? null : `${this.folder}/${this.#pointer.latest}`;
  }

  /** Folder of the best checkpoint; null when none was marked. */
  get best(): string | null {
    return this.#pointer?.best == null ? null : `${this.folder}/${this.#pointer.best}`;
  }

  /**
   * Writes the checkpoint of a step and makes it the latest (and the best).
   * @throws FileError, for instance on a full disk; the former checkpoints then stay, and nothing half-written remains.
   */
  async write(
    step: number,
    contents: ReadonlyArray<readonly [name: string, content: Content]>,
    isBest: boolean,
  ): Promise<string> {
    const name = `step-${String(step).padStart(8, '0')}`;
    const temporary = `${this.folder}/${name}.tmp`;
    const target = `${this.folder}/${name}`;
    if (this.#pointer?.latest === name) throw new FileError(target, `step ${step} was saved already`);
    try {
      await this.files.makeFolder(temporary);
      for (const [file, content] of contents) await this.#writeFile(`${temporary}/${file}`, content);
      await this.files.syncFolder(temporary);
      await this.files.rename(temporary, target);
      await this.files.syncFolder(this.folder);
      const pointer: Pointer = { latest: name, best: isBest ? name : (this.#pointer?.best ?? null) };
      await writeFilesAtomically(this.files, this.folder, [[pointerName, textContent(`${JSON.stringify(pointer)}\n`)]]);
      this.#pointer = pointer;
    } catch (error) {
      const pointed = await readPointer(this.folder, this.files).catch(() => null);
      for (const path of pointed?.latest === name ? [temporary] : [temporary, target]) {
        await this.files.remove(path).catch(() => {});
      }
      throw fileError(target, 'save the checkpoint', error);
    }
    await this.#prune();
    return target;
  }

  async #writeFile(path: string, content: Content): Promise<void> {
    try {
      const file = await this.files.create(path);
      try {
        await content(file);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw fileError(path, 'write it', cause);
    }
  }

  /** Keeps the last few and the best. A folder is renamed before it is emptied, so none is ever seen in part. */
  async #prune(): Promise<void> {
    const steps = (await this.files.list(this.folder)).filter((name) => stepOf(name) >= 0);
    const old = steps.toSorted((a, b) => stepOf(b) - stepOf(a)).slice(this.keep);
    for (const name of old) {
      if (name === this.#pointer?.best) continue;
      await this.files.rename(`${this.folder}/${name}`, `${this.folder}/${name}.old.tmp`);
      await this.files.remove(`${this.folder}/${name}.old.tmp`);
    }
  }
}
