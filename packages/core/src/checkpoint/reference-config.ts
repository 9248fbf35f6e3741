import { CheckpointError } from '../errors.js';
import type { Module } from '../module/module.js';
import type { Checkpoint } from './checkpoint.js';
import type { Config } from './config.js';
import type { ModelFamily } from './pretrained.js';

/**
 * Checkpoints of a library that writes no configuration, whose config.json says which class was made with which arguments:
 * `{ library, class, args }`.
 *
 * @param start what `class` starts with
 * @param build is given the arguments with their names in camelCase
 */
export function referenceFamily<M extends Module>(
  library: string,
  start: string,
  build: (args: Readonly<Record<string, unknown>>, checkpoint: Checkpoint) => M,
): ModelFamily<M> {
  return {
    modelType: `${start}…) of ${library}`,
    matches: (config) => config['library'] === library && String(config['class']).startsWith(start),
    build: (config, checkpoint) => build(argumentsOf(config), checkpoint),
  };
}

/** snake_case names as camelCase. */
export function camelCase(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}

function argumentsOf(config: Config): Record<string, unknown> {
  const args = config['args'];
  if (typeof args !== 'object' || args === null) {
    throw new CheckpointError('config.json: args must be an object with the arguments that the class was made with');
  }
  return camelCase(args as Record<string, unknown>);
}
