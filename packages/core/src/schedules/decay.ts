import { check, checkCount } from '../errors.js';
import type { Optimizer } from '../optim/index.js';
import { ClosedFormSchedule, type RateFunction } from './schedule.js';

/** A rate that the caller computes: the initial rate times `factor(step)`. torch's LambdaLR. */
export class LambdaLR extends ClosedFormSchedule {
  readonly kind = 'LambdaLR';

  constructor(optimizer: Optimizer, factor: (step: number, group: number) => number) {
    super(optimizer, (step, base, group) => base * factor(step, group));
  }
}

/** Multiplies the rate by `gamma` (default 0.1) every `stepSize` steps. torch's StepLR. */
export class StepLR extends ClosedFormSchedule {
  readonly kind = 'StepLR';

  constructor(optimizer: Optimizer, options: { readonly stepSize: number; readonly gamma?: number }) {
    const { stepSize, gamma = 0.1 } = options;
    checkCount('stepSize', stepSize);
    super(optimizer, (step, base) => base * gamma ** Math.floor(step / stepSize));
  }
}

/** Multiplies the rate by `gamma` (default 0.1) at each milestone, as often as it is listed. torch's MultiStepLR. */
export class MultiStepLR extends ClosedFormSchedule {
  readonly kind = 'MultiStepLR';

  constructor(optimizer: Optimizer, options: { readonly milestones: readonly number[]; readonly gamma?: number }) {
    const { milestones, gamma = 0.1 } = options;
    super(optimizer, (step, base) => base * gamma ** milestones.filter((milestone) => milestone <= step).length);
  }
}

/** `factor` (default 1/3) times the rate for `totalIters` (default 5) steps, then the whole. torch's ConstantLR. */
export class ConstantLR extends ClosedFormSchedule {
  readonly kind = 'ConstantLR';

  constructor(optimizer: Optimizer, options: { readonly factor?: number; readonly totalIters?: number } = {}) {
    const { factor = 1 / 3, totalIters = 5 } = options;
    check(factor >= 0 && factor <= 1, `factor is ${factor}; it must lie in [0, 1]`);
    super(optimizer, (step, base) => (step >= totalIters ? base : base * factor));
  }
}

export interface LinearLROptions {
  /** Default 1/3. */
  readonly startFactor?: number;
  /** Default 1. */
  readonly endFactor?: number;
  /** Steps from start to end, default 5. */
  readonly totalIters?: number;
}

/** From `startFactor` to `endFactor` times the rate along a line. torch's LinearLR. */
export class LinearLR extends ClosedFormSchedule {
  readonly kind = 'LinearLR';

  constructor(optimizer: Optimizer, options: LinearLROptions = {}) {
    const { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = options;
    check(startFactor > 0 && startFactor <= 1, `startFactor is ${startFactor}; it must lie in (0, 1]`);
    check(endFactor >= 0 && endFactor <= 1, `endFactor is ${endFactor}; it must lie in [0, 1]`);
    checkCount('totalIters', totalIters);
    super(
      optimizer,
      (step, base) => base * (startFactor + ((endFactor - startFactor) * Math.min(totalIters, step)) / totalIters),
    );
  }
}

/** Multiplies the rate by `gamma` at each step. torch's ExponentialLR. */
export class ExponentialLR extends ClosedFormSchedule {
  readonly kind = 'ExponentialLR';

  constructor(optimizer: Optimizer, options: { readonly gamma: number }) {
    super(optimizer, (step, base) => base * options.gamma ** step);
  }
}

/** To zero in `totalIters` (default 5) steps along a polynomial of degree `power` (default 1). torch's PolynomialLR. */
export class PolynomialLR extends ClosedFormSchedule {
  readonly kind = 'PolynomialLR';

  constructor(optimizer: Optimizer, options: { readonly totalIters?: number; readonly power?: number } = {}) {
    const { totalIters = 5, power = 1 } = options;
    checkCount('totalIters', totalIters);
    super(optimizer, (step, base) => base * (1 - Math.min(totalIters, step) / totalIters) ** power);
  }
}

export interface CosineAnnealingLROptions {
  /** Steps to the smallest rate; after it the rate rises again. */
  readonly tMax: number;
  /** Smallest rate, default 0. */
  readonly etaMin?: number;
}

/** Half a cosine wave down to `etaMin` (Loshchilov and Hutter 2016). torch's CosineAnnealingLR. */
export class CosineAnnealingLR extends ClosedFormSchedule {
  readonly kind = 'CosineAnnealingLR';

  constructor(optimizer: Optimizer, options: CosineAnnealingLROptions) {
    const { tMax, etaMin = 0 } = options;
    checkCount('tMax', tMax);
    super(optimizer, (step, base) => cosine(base, etaMin, step / tMax));
  }
}

export interface CosineAnnealingWarmRestartsOptions {
  /** Steps to the first restart. */
  readonly t0: number;
  /** Each period is this many times as long as the last; a whole number, default 1. */
  readonly tMult?: number;
  /** Smallest rate, default 0. */
  readonly etaMin?: number;
}

/** Cosine annealing that starts anew (SGDR, Loshchilov and Hutter 2016). torch's CosineAnnealingWarmRestarts. */
export class CosineAnnealingWarmRestarts extends ClosedFormSchedule {
  readonly kind = 'CosineAnnealingWarmRestarts';

  constructor(optimizer: Optimizer, options: CosineAnnealingWarmRestartsOptions) {
    const { t0, tMult = 1, etaMin = 0 } = options;
    checkCount('t0', t0);
    checkCount('tMult', tMult);
    const rate: RateFunction = (step, base) => {
      let [position, period] = [step, t0];
      if (tMult === 1) position %= t0;
      for (; position >= period; period *= tMult) position -= period;
      return cosine(base, etaMin, position / period);
    };
    super(optimizer, rate);
  }
}

function cosine(high: number, low: number, progress: number): number {
  return low + ((high - low) * (1 + Math.cos(Math.PI * progress))) / 2;
}
