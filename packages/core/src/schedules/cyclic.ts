import { check, checkCount } from '../errors.js';
import type { Optimizer } from '../optim/index.js';
import { checkHasMomentum, ClosedFormSchedule, perGroup } from './schedule.js';

export interface CyclicLROptions {
  /** Lowest rate, for all groups or for each. */
  readonly baseLr: number | readonly number[];
  /** Highest rate of the first cycle. */
  readonly maxLr: number | readonly number[];
  /** Steps from low to high, default 2000. */
  readonly stepSizeUp?: number;
  /** Steps from high to low, default as up. */
  readonly stepSizeDown?: number;
  /** Cycles of equal height (default), halved each time, or falling by `gamma` with every step. */
  readonly mode?: 'triangular' | 'triangular2' | 'exp_range';
  /** Default 1. */
  readonly gamma?: number;
  /** Moves the momentum (or beta 1) against the rate. Default true. */
  readonly cycleMomentum?: boolean;
  /** Default 0.8. */
  readonly baseMomentum?: number | readonly number[];
  /** Default 0.9. */
  readonly maxMomentum?: number | readonly number[];
}

/** Rates that go up and down (Smith 2015). torch's CyclicLR. */
export class CyclicLR extends ClosedFormSchedule {
  readonly kind = 'CyclicLR';

  constructor(optimizer: Optimizer, options: CyclicLROptions) {
    const { stepSizeUp = 2000, stepSizeDown = stepSizeUp, mode = 'triangular', gamma = 1 } = options;
    checkCount('stepSizeUp', stepSizeUp);
    checkCount('stepSizeDown', stepSizeDown);
    check(['triangular', 'triangular2', 'exp_range'].includes(mode), `unknown mode '${String(mode)}' of CyclicLR`);
    const low = perGroup(optimizer, 'baseLr', options.baseLr);
    const high = perGroup(optimizer, 'maxLr', options.maxLr);
    const length = stepSizeUp + stepSizeDown;
    /** 0 at the low end of a cycle, 1 at the high end of the first. */
    const height = (step: number): number => {
      const cycle = Math.floor(step / length);
      const position = step - cycle * length;
      const triangle = position <= stepSizeUp ? position / stepSizeUp : (length - position) / stepSizeDown;
      if (mode === 'triangular') return triangle;
      return triangle * (mode === 'triangular2' ? 0.5 ** cycle : gamma ** step);
    };
    const { cycleMomentum = true } = options;
    if (cycleMomentum) checkHasMomentum(optimizer);
    const least = perGroup(optimizer, 'baseMomentum', options.baseMomentum ?? 0.8);
    const most = perGroup(optimizer, 'maxMomentum', options.maxMomentum ?? 0.9);
    super(
      optimizer,
      (step, _base, group) => low[group]! + (high[group]! - low[group]!) * height(step),
      cycleMomentum ? (step, group) => most[group]! - (most[group]! - least[group]!) * height(step) : undefined,
    );
  }
}

export interface OneCycleLROptions {
  /** Highest rate, for all groups or for each. */
  readonly maxLr: number | readonly number[];
  /** Length of the cycle, which may not be overrun. Or `epochs` times `stepsPerEpoch`. */
  readonly totalSteps?: number;
  readonly epochs?: number;
  readonly stepsPerEpoch?: number;
  /** Share of the cycle in which the rate rises, default 0.3. */
  readonly pctStart?: number;
  /** Default 'cos'. */
  readonly annealStrategy?: 'cos' | 'linear';
  /** Moves the momentum (or beta 1) against the rate. Default true. */
  readonly cycleMomentum?: boolean;
  /** Default 0.85. */
  readonly baseMomentum?: number | readonly number[];
  /** Default 0.95. */
  readonly maxMomentum?: number | readonly number[];
  /** First rate = maxLr / divFactor; default 25. */
  readonly divFactor?: number;
  /** Last rate = first / finalDivFactor; default 1e4. */
  readonly finalDivFactor?: number;
  /** Falls back to the first rate as fast as it rose, then to the last. Default false. */
  readonly threePhase?: boolean;
}

/** One rise and one fall (Smith and Topin 2017). torch's OneCycleLR. */
export class OneCycleLR extends ClosedFormSchedule {
  readonly kind = 'OneCycleLR';

  constructor(optimizer: Optimizer, options: OneCycleLROptions) {
    const { pctStart = 0.3, annealStrategy = 'cos', divFactor = 25, finalDivFactor = 1e4 } = options;
    const { threePhase = false, cycleMomentum = true } = options;
    const total = options.totalSteps ?? (options.epochs ?? NaN) * (options.stepsPerEpoch ?? NaN);
    check(Number.isInteger(total) && total > 0, 'OneCycleLR needs totalSteps, or epochs and stepsPerEpoch, above 0');
    check(pctStart >= 0 && pctStart <= 1, `pctStart is ${pctStart}; it must lie in [0, 1]`);
    check(['cos', 'linear'].includes(annealStrategy), `unknown annealStrategy '${String(annealStrategy)}'`);
    if (cycleMomentum) checkHasMomentum(optimizer);
    const high = perGroup(optimizer, 'maxLr', options.maxLr);
    const least = perGroup(optimizer, 'baseMomentum', options.baseMomentum ?? 0.85);
    const most = perGroup(optimizer, 'maxMomentum', options.maxMomentum ?? 0.95);

    const ends = [pctStart * total - 1, ...(threePhase ? [2 * pctStart * total - 2] : []), total - 1];
    /** The value at a step, from its value at each end of a phase. */
    const anneal = (step: number, values: readonly number[]): number => {
      check(step < total, `OneCycleLR has ${total} steps; it was asked for the rate after ${step}`);
      let phase = ends.findIndex((end) => step <= end);
      if (phase < 0) phase = ends.length - 1;
      const start = phase === 0 ? 0 : ends[phase - 1]!;
      const progress = (step - start) / (ends[phase]! - start);
      const [from, to] = [values[phase]!, values[phase + 1]!];
      if (annealStrategy === 'linear') return from + (to - from) * progress;
      return to + ((from - to) / 2) * (1 + Math.cos(Math.PI * progress));
    };
    super(
      optimizer,
      (step, _base, group) => {
        const top = high[group]!;
        const first = top / divFactor;
        const last = first / finalDivFactor;
        return anneal(step, threePhase ? [first, top, first, last] : [first, top, last]);
      },
      cycleMomentum
        ? (step, group) => {
            const [low, top] = [least[group]!, most[group]!];
            return anneal(step, threePhase ? [top, low, top, top] : [top, low, top]);
          }
        : undefined,
    );
  }
}
