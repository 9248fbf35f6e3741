import { CheckpointError } from '../errors.js';
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

/** Base of the schedules whose rate is a function of the number of steps and of each group's initial rate. */
export abstract class ClosedFormSchedule implements Schedule {
  abstract readonly kind: string;
  readonly optimizer: Optimizer;
  #steps = 0;
  #base: number[];

  constructor(optimizer: Optimizer) {
    this.optimizer = optimizer;
    this.#base = optimizer.groups.map((group) => (group.initialLr ??= group.lr));
  }

  /** Steps taken. */
  get steps(): number {
    return this.#steps;
  }

  /** Rate after `step` steps of group number `group`, whose rate started at `base`. */
  protected abstract rate(step: number, base: number, group: number): number;

  step(): void {
    this.moveTo(this.#steps + 1);
  }

  /** Sets the rates as after `steps` steps. A subclass calls it with 0 at the end of its constructor. */
  moveTo(steps: number): void {
    this.#steps = steps;
    this.optimizer.groups.forEach((group, i) => {
      group.lr = this.rate(steps, this.#base[i]!, i);
    });
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
