import { FileError, InvalidArgumentError } from '@hourglass/core';

/** What a model has against a sound, said of its file: of several nobody would know which. */
export async function ofFile<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof InvalidArgumentError) throw new FileError(path, cause.message, { cause });
    throw cause;
  }
}
