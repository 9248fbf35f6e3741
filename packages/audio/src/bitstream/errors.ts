import { HourglassError } from '@hourglass/core';

/** A stream of codes is no such stream, is damaged, or ends before its header does. */
export class BitstreamError extends HourglassError {
  override name = 'BitstreamError';
  constructor(
    message: string,
    /** Number of the damaged block, from 0; null where it is the header. */
    readonly block: number | null,
    options?: ErrorOptions,
  ) {
    super(block === null ? message : `block ${block}: ${message}`, options);
  }
}
