import { check } from '../errors.js';
import type { Optimizer } from '../optim/index.js';
import { checkState, perGroup, type Schedule, type ScheduleState } from './schedule.js';

export interface ReduceLROnPlateauOptions {
  /** Whether a better metric is lower (default) or higher. */
  readonly mode?: 'min' | 'max';
  /** Default 0.1. */
  readonly factor?: number;
  /** Steps without improvement that are borne before the rate falls; default 10. */
  readonly patience?: number;
  /** Smallest change that counts as an improvement, default 1e-4. */
  readonly threshold?: number;
  /** Whether the threshold is a share of the best metric (default) or a difference. */
  readonly thresholdMode?: 'rel' | 'abs';
  /** Steps after a reduction in which nothing is counted, default 0. */
  readonly cooldown?: number;
  /** Lowest rate, for all groups or for each; default 0. */
  readonly minLr?: number | readonly number[];
  /** Smaller reductions are left out; default 1e-8. */
  readonly eps?: number;
}

/** Lowers the rates when a metric no longer improves. torch's ReduceLROnPlateau. */
export class ReduceLROnPlateau implements Schedule {
  readonly kind = 'ReduceLROnPlateau';
  readonly optimizer: Optimizer;
  readonly #options: Required<ReduceLROnPlateauOptions>;
  readonly #least: readonly number[];
  #best: number | null = null;
  #bad = 0;
  #cooldown = 0;

  constructor(optimizer: Optimizer, options: ReduceLROnPlateauOptions = {}) {
    this.optimizer = optimizer;
    this.#options = {
      mode: 'min',
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: 'rel',
      cooldown: 0,
      minLr: 0,
      eps: 1e-8,
      ...options,
    };
    const { factor, mode, thresholdMode } = this.#options;
    check(factor < 1, `factor is ${factor}; it must be below 1`);
    check(mode === 'min' || mode === 'max', `unknown mode '${String(mode)}'; there are min and max`);
    check(thresholdMode === 'rel' || thresholdMode === 'abs', `unknown thresholdMode '${String(thresholdMode)}'`);
    this.#least = perGroup(optimizer, 'minLr', this.#options.minLr);
  }

  /** @throws InvalidArgumentError without a metric. */
  step(metric?: number): void {
    check(metric !== undefined, 'ReduceLROnPlateau needs the metric that it watches: step(metric)');
    const { patience, cooldown, factor, eps } = this.#options;
    if (this.#improves(metric)) {
      this.#best = metric;
      this.#bad = 0;
    } else {
      this.#bad++;
    }
    if (this.#cooldown > 0) {
      this.#cooldown--;
      this.#bad = 0;
    }
    if (this.#bad <= patience) return;
    this.optimizer.groups.forEach((group, i) => {
      const rate = Math.max(group.lr * factor, this.#least[i]!);
      if (group.lr - rate > eps) group.lr = rate;
    });
    this.#cooldown = cooldown;
    this.#bad = 0;
  }

  rates(): number[] {
    return this.optimizer.groups.map(({ lr }) => lr);
  }

  /** The rates are part of it, so that it need not be loaded in a certain order with the optimiser's. */
  state(): ScheduleState {
    return { schedule: this.kind, best: this.#best, bad: this.#bad, cooldown: this.#cooldown, rates: this.rates() };
  }

  loadState(state: ScheduleState): void {
    checkState(this, state, { bad: 'number', cooldown: 'number', rates: 'object' });
    const rates = perGroup(this.optimizer, 'the saved state', state['rates'] as number[]);
    this.#best = state['best'] as number | null;
    this.#bad = state['bad'] as number;
    this.#cooldown = state['cooldown'] as number;
    this.optimizer.groups.forEach((group, i) => (group.lr = rates[i]!));
  }

  #improves(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    const sign = mode === 'min' ? 1 : -1;
    const best = this.#best ?? sign * Infinity;
    const bound = thresholdMode === 'rel' ? best * (1 - sign * threshold) : best - sign * threshold;
    return sign * metric < sign * bound;
  }
}
