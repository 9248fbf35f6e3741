/**
 * Errors a user can act on. Every one says what was wrong, where, and what to do; the command line prints the message
 * alone, without a stack trace.
 */
export class HourglassError extends Error {
  override name = 'HourglassError';
  /** What the command line exits with. A property, so that it also works between two copies of this module. */
  readonly exitCode: number = 2;
}

/** A caller passed an option, shape or value that cannot work. */
export class InvalidArgumentError extends HourglassError {
  override name = 'InvalidArgumentError';
}

/** A file or folder is missing, unreadable, truncated or of the wrong kind. `path` names it. */
export class FileError extends HourglassError {
  override name = 'FileError';
  constructor(
    readonly path: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${message}`, options);
  }
}

/** A checkpoint does not fit its model: missing, left-over or misshapen keys. */
export class CheckpointError extends HourglassError {
  override name = 'CheckpointError';
}

/** Something this machine or backend lacks; the message says what to install or which backend to use instead. */
export class UnsupportedError extends HourglassError {
  override name = 'UnsupportedError';
}

/** The GPU device that held the tensors is gone; the message names it and says why. */
export class DeviceLostError extends HourglassError {
  override name = 'DeviceLostError';
}

/** Throws {@link InvalidArgumentError} with `message` unless `condition` holds. */
export function check(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new InvalidArgumentError(typeof message === 'string' ? message : message());
}

/** Throws {@link InvalidArgumentError} unless `value`, which messages call `name`, is a whole number from `least` to `most`. */
export function checkCount(name: string, value: number, least = 1, most = Infinity): void {
  const wanted =
    most < Infinity
      ? `a whole number from ${least} to ${most}`
      : least === 1
        ? 'a positive whole number'
        : `a whole number from ${least} on`;
  check(Number.isInteger(value) && value >= least && value <= most, () => `${name} must be ${wanted}, got ${value}`);
}
