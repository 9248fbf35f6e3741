import { check, checkCount } from '../errors.js';
import type { Optimizer } from '../optim/index.js';
import { ClosedFormSchedule } from './schedule.js';

/** Schedules that first rise from 0 along a line, as in transformers. */
export interface WarmupOptions {
  /** Steps in which the rate rises from 0. */
  readonly warmupSteps: number;
}

export interface WarmupDecayOptions extends WarmupOptions {
  /** Steps after which the rate has come down, those of the warm-up included. */
  readonly trainingSteps: number;
}

/** Rises, then stays. transformers' get_constant_schedule_with_warmup. */
export class ConstantWarmup extends ClosedFormSchedule {
  readonly kind = 'ConstantWarmup';

  constructor(optimizer: Optimizer, { warmupSteps }: WarmupOptions) {
    checkCount('warmupSteps', warmupSteps, 0);
    super(optimizer, (step, base) => base * (warmingUp(step, warmupSteps) ?? 1));
  }
}

/** Rises, then falls to 0 along a line. transformers' get_linear_schedule_with_warmup. */
export class LinearWarmup extends ClosedFormSchedule {
  readonly kind = 'LinearWarmup';

  constructor(optimizer: Optimizer, options: WarmupDecayOptions) {
    const progress = progressOf(options);
    super(optimizer, (step, base) => {
      return base * (warmingUp(step, options.warmupSteps) ?? Math.max(0, 1 - progress(step)));
    });
  }
}

/** Rises, then follows `cycles` (default 0.5) cosine waves. transformers' get_cosine_schedule_with_warmup. */
export class CosineWarmup extends ClosedFormSchedule {
  readonly kind = 'CosineWarmup';

  constructor(optimizer: Optimizer, options: WarmupDecayOptions & { readonly cycles?: number }) {
    const progress = progressOf(options);
    const { warmupSteps, cycles = 0.5 } = options;
    super(optimizer, (step, base) => base * (warmingUp(step, warmupSteps) ?? wave(2 * cycles * progress(step))));
  }
}

/**
 * Rises, then falls along half a cosine wave `cycles` (default 1) times. transformers'
 * get_cosine_with_hard_restarts_schedule_with_warmup.
 */
export class CosineRestartsWarmup extends ClosedFormSchedule {
  readonly kind = 'CosineRestartsWarmup';

  constructor(optimizer: Optimizer, options: WarmupDecayOptions & { readonly cycles?: number }) {
    const progress = progressOf(options);
    const { warmupSteps, cycles = 1 } = options;
    super(optimizer, (step, base) => {
      const done = progress(step);
      return base * (warmingUp(step, warmupSteps) ?? (done >= 1 ? 0 : wave((cycles * done) % 1)));
    });
  }
}

export interface PolynomialWarmupOptions extends WarmupDecayOptions {
  /** Rate at the end, for a group at the optimiser's own rate; default 1e-7. */
  readonly lrEnd?: number;
  /** Default 1. */
  readonly power?: number;
}

/** Rises, then falls to `lrEnd` along a polynomial. transformers' get_polynomial_decay_schedule_with_warmup. */
export class PolynomialWarmup extends ClosedFormSchedule {
  readonly kind = 'PolynomialWarmup';

  constructor(optimizer: Optimizer, options: PolynomialWarmupOptions) {
    const progress = progressOf(options);
    const { warmupSteps, lrEnd = 1e-7, power = 1 } = options;
    const { lr } = optimizer.defaults;
    check(lr > lrEnd, `lrEnd is ${lrEnd}; it must be below the optimiser's rate, ${lr}`);
    super(optimizer, (step, base) => {
      const left = Math.max(0, 1 - progress(step));
      return base * (warmingUp(step, warmupSteps) ?? ((lr - lrEnd) * left ** power + lrEnd) / lr);
    });
  }
}

/** Rises, then falls as 1 / sqrt(step). transformers' get_inverse_sqrt_schedule; `timescale` is by default warmupSteps. */
export class InverseSqrtWarmup extends ClosedFormSchedule {
  readonly kind = 'InverseSqrtWarmup';

  constructor(optimizer: Optimizer, options: WarmupOptions & { readonly timescale?: number }) {
    const { warmupSteps } = options;
    checkCount('warmupSteps', warmupSteps, 0);
    const timescale = options.timescale ?? (warmupSteps || 10_000);
    super(optimizer, (step, base) => {
      return base * (warmingUp(step, warmupSteps) ?? 1 / Math.sqrt((step + timescale - warmupSteps) / timescale));
    });
  }
}

export interface CosineMinWarmupOptions extends WarmupDecayOptions {
  /** Number of cosine waves, default 0.5. */
  readonly cycles?: number;
  /** Smallest rate, for a group at the optimiser's own rate. Either this or `minLrRate`. */
  readonly minLr?: number;
  /** Smallest rate as a share of the initial one. */
  readonly minLrRate?: number;
}

/** Rises, then follows a cosine down to `minLr`. transformers' get_cosine_with_min_lr_schedule_with_warmup. */
export class CosineMinWarmup extends ClosedFormSchedule {
  readonly kind = 'CosineMinWarmup';

  constructor(optimizer: Optimizer, options: CosineMinWarmupOptions) {
    const progress = progressOf(options);
    const { warmupSteps, cycles = 0.5 } = options;
    const least = leastShare(optimizer, options);
    super(optimizer, (step, base) => {
      const decayed = (): number => Math.max(0, wave(2 * cycles * progress(step)) * (1 - least) + least);
      return base * (warmingUp(step, warmupSteps) ?? decayed());
    });
  }
}

/**
 * Like {@link CosineMinWarmup}, but one step ahead and with a warm-up that starts at `warmupLrRate`. transformers'
 * get_cosine_with_min_lr_schedule_with_warmup_lr_rate.
 */
export class CosineMinWarmupRate extends ClosedFormSchedule {
  readonly kind = 'CosineMinWarmupRate';

  constructor(optimizer: Optimizer, options: CosineMinWarmupOptions & { readonly warmupLrRate?: number }) {
    progressOf(options);
    const { warmupSteps, trainingSteps, cycles = 0.5, warmupLrRate: start } = options;
    const least = leastShare(optimizer, options);
    super(optimizer, (step, base) => {
      if (step < warmupSteps) {
        if (start === undefined) return (base * (step + 1)) / Math.max(1, warmupSteps);
        return base * (start + ((1 - start) * step) / Math.max(1, warmupSteps - 1));
      }
      const progress = (step - warmupSteps + 1) / Math.max(1, trainingSteps - warmupSteps);
      return base * Math.max(0, wave(2 * cycles * progress) * (1 - least) + least);
    });
  }
}

type Shape = 'linear' | 'cosine' | '1-sqrt';

export interface WarmupStableDecayOptions extends WarmupOptions {
  readonly decaySteps: number;
  /** Steps at the full rate. Or `trainingSteps`, for all three phases. */
  readonly stableSteps?: number;
  readonly trainingSteps?: number;
  /** Default 'linear'. */
  readonly warmupType?: Shape;
  /** Default 'cosine'. */
  readonly decayType?: Shape;
  /** Share of the rate at the start and at the end, default 0. */
  readonly minLrRatio?: number;
  /** Cosine waves of the decay, default 0.5. */
  readonly cycles?: number;
}

/** Rises, stays, falls (WSD). transformers' get_wsd_schedule. */
export class WarmupStableDecay extends ClosedFormSchedule {
  readonly kind = 'WarmupStableDecay';

  constructor(optimizer: Optimizer, options: WarmupStableDecayOptions) {
    const { warmupSteps, decaySteps, warmupType = 'linear', decayType = 'cosine' } = options;
    const { minLrRatio = 0, cycles = 0.5 } = options;
    checkCount('warmupSteps', warmupSteps, 0);
    checkCount('decaySteps', decaySteps, 0);
    const stable = options.stableSteps ?? (options.trainingSteps ?? NaN) - warmupSteps - decaySteps;
    check(Number.isFinite(stable), 'WarmupStableDecay needs stableSteps or trainingSteps');
    for (const type of [warmupType, decayType]) {
      check(['linear', 'cosine', '1-sqrt'].includes(type), `unknown shape '${type}'; there are linear, cosine, 1-sqrt`);
    }
    const scaled = (factor: number): number => Math.max(0, factor * (1 - minLrRatio) + minLrRatio);
    super(optimizer, (step, base) => {
      if (step < warmupSteps) {
        const progress = step / warmupSteps;
        const rising = { linear: progress, cosine: 1 - wave(progress), '1-sqrt': 1 - Math.sqrt(1 - progress) };
        return base * scaled(rising[warmupType]);
      }
      const decayed = step - warmupSteps - stable;
      if (decayed < 0) return base;
      if (decayed >= decaySteps) return base * minLrRatio;
      const progress = decayed / decaySteps;
      const falling = { linear: 1 - progress, cosine: wave(2 * cycles * progress), '1-sqrt': 1 - Math.sqrt(progress) };
      return base * scaled(falling[decayType]);
    });
  }
}

export interface NoamLROptions extends WarmupOptions {
  /** Width of the model. */
  readonly dModel: number;
  /** Default 1. */
  readonly factor?: number;
}

/**
 * factor · dModel^-0.5 · min(t^-0.5, t · warmupSteps^-1.5) with t from 1 (Vaswani et al. 2017). The optimiser's own rate
 * plays no part.
 */
export class NoamLR extends ClosedFormSchedule {
  readonly kind = 'NoamLR';

  constructor(optimizer: Optimizer, { dModel, warmupSteps, factor = 1 }: NoamLROptions) {
    checkCount('warmupSteps', warmupSteps);
    checkCount('dModel', dModel);
    super(optimizer, (step) => {
      const t = step + 1;
      return (factor * Math.min(t ** -0.5, t * warmupSteps ** -1.5)) / Math.sqrt(dModel);
    });
  }
}

/** The factor during the warm-up; undefined after it. */
function warmingUp(step: number, warmupSteps: number): number | undefined {
  return step < warmupSteps ? step / warmupSteps : undefined;
}

/** The share of the decay that is done after `step` steps. */
function progressOf({ warmupSteps, trainingSteps }: WarmupDecayOptions): (step: number) => number {
  checkCount('warmupSteps', warmupSteps, 0);
  checkCount('trainingSteps', trainingSteps);
  return (step) => (step - warmupSteps) / Math.max(1, trainingSteps - warmupSteps);
}

/** A cosine from 1 at 0 to 0 at 1. */
function wave(x: number): number {
  return 0.5 * (1 + Math.cos(Math.PI * x));
}

function leastShare(optimizer: Optimizer, { minLr, minLrRate }: CosineMinWarmupOptions): number {
  check((minLr === undefined) !== (minLrRate === undefined), 'pass one of minLr and minLrRate');
  return minLrRate ?? minLr! / optimizer.defaults.lr;
}
