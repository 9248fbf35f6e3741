import { check, CheckpointError } from '../errors.js';
import type { Json, Optimizer } from '../optim/index.js';

/** What it takes to go on where a schedule stopped. JSON holds it. */
export type ScheduleState = { readonly [key: string]: Json };

/**
 * Sets the learning rates of an optimiser's groups as training goes on. Whether a step is an epoch or an update is the
 * caller's choice. The rate for the first step is set at construction.
 */
export interface Schedule {
  readonly optimizer: Optimizer;
  /** The class's name, kept in saved states (minifiers rename classes). */
  readonly kind: string;
  /** Goes one step on. `metric` is what a plateau schedule watches; the others do not need it. */
  step(metric?: number): void;
  /** Present rate of each group. */
  rates(): number[];
  state(): ScheduleState;
  /** @throws CheckpointError when the state is not one of this kind of schedule. */
  loadState(state: ScheduleState): void;
}

/** The rate after `step` steps of group number `group`, whose rate was `base` before the first schedule. */
export type RateFunction = (step: number, base: number, group: number) => number;

/** The momentum, or beta 1, after `step` steps; undefined leaves it alone. */
export type MomentumFunction = (step: number, group: number) => number | undefined;

/** Base of the schedules whose rate is a function of the number of steps. They may run past their end. */
export abstract class ClosedFormSchedule implements Schedule {
  abstract readonly kind: string;
  readonly optimizer: Optimizer;
  readonly #rate: RateFunction;
  readonly #momentum: MomentumFunction | undefined;
  #steps = 0;
  #base: number[];

  constructor(optimizer: Optimizer, rate: RateFunction, momentum?: MomentumFunction) {
    this.optimizer = optimizer;
    this.#rate = rate;
    this.#momentum = momentum;
    this.#base = optimizer.groups.map((group) => (group.initialLr ??= group.lr));
    this.moveTo(0);
  }

  /** Steps taken. */
  get steps(): number {
    return this.#steps;
  }

  step(_metric?: number): void {
    this.moveTo(this.#steps + 1);
  }

  /** Sets the rates as after `steps` steps. */
  moveTo(steps: number): void {
    this.#steps = steps;
    this.optimizer.groups.forEach((group, i) => {
      group.lr = this.rateAt(steps, i);
      const momentum = this.momentumAt(steps, i);
      if (momentum !== undefined) setMomentum(group, momentum);
    });
  }

  /** The rate after `steps` steps, of one group. */
  rateAt(steps: number, group = 0): number {
    return this.#rate(steps, this.#base[group]!, group);
  }

  /** The momentum after `steps` steps, of one group; undefined for schedules that leave it alone. */
  momentumAt(steps: number, group = 0): number | undefined {
    return this.#momentum?.(steps, group);
  }

  rates(): number[] {
    return this.optimizer.groups.map(({ lr }) => lr);
  }

  state(): ScheduleState {
    return { schedule: this.kind, steps: this.#steps, base: [...this.#base] };
  }

  loadState(state: ScheduleState): void {
    checkState(this, state, { steps: 'number', base: 'object' });
    const base = state['base'] as number[];
    if (base.length !== this.#base.length) {
      throw new CheckpointError(`schedule state: it has ${base.length} groups, the optimiser ${this.#base.length}`);
    }
    this.#base = [...base];
    this.moveTo(state['steps'] as number);
  }
}

/** @throws CheckpointError unless `state` was saved by the same class and has these fields. */
export function checkState(schedule: Schedule, state: ScheduleState, fields: Readonly<Record<string, string>>): void {
  const name = schedule.kind;
  if (state['schedule'] !== name) {
    throw new CheckpointError(`schedule state: saved by ${String(state['schedule'])}, this is ${name}`);
  }
  for (const [field, type] of Object.entries(fields)) {
    if (typeof state[field] !== type) throw new CheckpointError(`schedule state of ${name}: '${field}' is missing`);
  }
}

/** One value for each group, from one for all or from a list. */
export function perGroup(optimizer: Optimizer, name: string, value: number | readonly number[]): readonly number[] {
  if (typeof value === 'number') return optimizer.groups.map(() => value);
  const count = optimizer.groups.length;
  check(value.length === count, `${name} has ${value.length} values, the optimiser ${count} parameter groups`);
  return value;
}

type MomentumGroup = { momentum?: number; betas?: readonly number[] };

/** @throws InvalidArgumentError unless every group has a momentum or betas to cycle. */
export function checkHasMomentum(optimizer: Optimizer): void {
  for (const group of optimizer.groups as readonly MomentumGroup[]) {
    check(
      group.momentum !== undefined || group.betas !== undefined,
      'the optimiser has neither momentum nor betas to cycle; pass cycleMomentum: false',
    );
  }
}

function setMomentum(group: MomentumGroup & { lr: number }, momentum: number): void {
  if (group.betas === undefined) group.momentum = momentum;
  else group.betas = [momentum, ...group.betas.slice(1)];
}
