import { FileError } from '../errors.js';

const explanations: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist; check the path',
  EACCES: 'permission denied; change its permissions or choose another place',
  EPERM: 'permission denied; change its permissions or choose another place',
  EROFS: 'lies on a read-only file system; choose another place',
  ENOSPC: 'the disk is full; free some space and repeat',
  EDQUOT: 'your disk quota is used up; free some space and repeat',
  EISDIR: 'is a folder, a file was expected',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EMFILE: 'too many open files; close some or raise the limit (ulimit -n)',
  ENAMETOOLONG: 'the path is too long; choose a shorter one',
  EIO: 'the disk reports an input/output error; copy the data to another disk',
};

/** A failed file operation as a FileError that says what to do; one that is a FileError already stays as it is. */
export function fileError(path: string, action: string, cause: unknown): FileError {
  if (cause instanceof FileError) return cause;
  return new FileError(path, `cannot ${action}: ${explain(cause)}`, { cause });
}

/** What the system says of a failed file operation, in words that say what to do. */
export function explain(cause: unknown): string {
  const { code, message } = cause as { code?: string; message?: string };
  return (code === undefined ? undefined : explanations[code]) ?? message ?? String(cause);
}
