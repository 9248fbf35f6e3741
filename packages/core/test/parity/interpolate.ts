import { functional } from '@hourglass/core';
import { opAdapter, type ParityCase, type Runnable } from '@hourglass/core/testing';
import { camelCase, channelsFirst, channelsLast } from './reference-layout.js';

function interpolate({ args }: ParityCase): Runnable {
  const options = camelCase(args) as functional.InterpolateOptions;
  return { forward: ({ x }) => ({ y: channelsFirst(functional.interpolate(channelsLast(x!), options)) }) };
}

export const adapters = [opAdapter({ interpolate, 'interpolate 1d': interpolate, 'interpolate 3d': interpolate })];
