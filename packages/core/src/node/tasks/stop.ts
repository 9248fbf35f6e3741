import { HourglassError } from '../../errors.js';

/** The user stopped the command. */
export class Stopped extends HourglassError {
  override name = 'Stopped';
  override readonly exitCode = 130;
}

/** Throws when the user asked to stop. */
export function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new Stopped('stopped');
}
