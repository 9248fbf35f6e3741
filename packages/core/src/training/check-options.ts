import { check, checkCount, UnsupportedError } from '../errors.js';
import type { Module } from '../module/module.js';
import type { Files } from '../platform/types.js';
import { platform } from '#platform';
import type { FitOptions } from './options.js';

/** What reads and writes the run's folder. @throws UnsupportedError where there is nothing that could */
export function filesFor(folder: string, files: Files | undefined): Files {
  const found = files ?? platform.files;
  if (found === null) throw new UnsupportedError(`${folder}: a browser cannot write folders; leave out \`folder\``);
  return found;
}

/** @throws InvalidArgumentError for options that make no sense, or not together */
export function checkOptions<M extends Module, B>(options: FitOptions<M, B>): void {
  const { epochs, steps, accumulation = 1, clip = {}, logEvery = 10, resume, folder } = options;
  check((epochs === undefined) !== (steps === undefined), 'fit needs either `epochs` or `steps`');
  const positive = (name: string, value: number | undefined): void => {
    if (value !== undefined) checkCount(name, value);
  };
  positive('epochs', epochs);
  positive('steps', steps);
  positive('accumulation', accumulation);
  positive('logEvery', logEvery);
  positive('checkpoint.everySteps', options.checkpoint?.everySteps);
  positive('checkpoint.keep', options.checkpoint?.keep);
  positive('validateEvery.steps', options.validateEvery?.steps);
  positive('validateEvery.epochs', options.validateEvery?.epochs);
  positive('monitor.patience', options.monitor?.patience);
  for (const [name, limit] of Object.entries(clip)) {
    check(limit === undefined || limit > 0, `clip.${name} must be above 0, got ${limit}`);
  }
  check(resume !== true || folder !== undefined, '`resume` needs the `folder` of the run');
  check(
    options.schedule === undefined || options.schedule.optimizer === options.optimizer,
    'the schedule belongs to another optimiser',
  );
  check(
    options.monitor?.patience === undefined || options.validate !== undefined,
    'early stopping (patience) needs something to validate on',
  );
}
