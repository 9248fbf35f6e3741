import { check, CheckpointError } from '../errors.js';
import type { Optimizer } from '../optim/index.js';
import { checkState, ClosedFormSchedule, type ScheduleState } from './schedule.js';

export interface SequentialLROptions {
  readonly schedules: readonly ClosedFormSchedule[];
  /** The step at which each schedule but the first takes over, rising. */
  readonly milestones: readonly number[];
}

/** One schedule after another, each counting its own steps from 0. torch's SequentialLR. */
export class SequentialLR extends ClosedFormSchedule {
  readonly kind = 'SequentialLR';
  readonly #schedules: readonly ClosedFormSchedule[];

  constructor(optimizer: Optimizer, { schedules, milestones }: SequentialLROptions) {
    check(schedules.length > 0, 'SequentialLR needs at least one schedule');
    check(
      milestones.length === schedules.length - 1,
      `SequentialLR has ${schedules.length} schedules and ${milestones.length} milestones; it needs one fewer`,
    );
    check(
      schedules.every((schedule) => schedule.optimizer === optimizer),
      'the schedules of SequentialLR must be of the same optimiser as itself',
    );
    const at = (step: number): [ClosedFormSchedule, number] => {
      const index = milestones.filter((milestone) => milestone <= step).length;
      return [schedules[index]!, step - (milestones[index - 1] ?? 0)];
    };
    super(
      optimizer,
      (step, _base, group) => {
        const [schedule, own] = at(step);
        return schedule.rateAt(own, group);
      },
      (step, group) => {
        const [schedule, own] = at(step);
        return schedule.momentumAt(own, group);
      },
    );
    this.#schedules = schedules;
  }

  override state(): ScheduleState {
    return { ...super.state(), schedules: this.#schedules.map((schedule) => schedule.state()) };
  }

  override loadState(state: ScheduleState): void {
    checkState(this, state, { schedules: 'object' });
    const saved = state['schedules'] as ScheduleState[];
    if (saved.length !== this.#schedules.length) {
      throw new CheckpointError(`schedule state: it has ${saved.length} schedules, this has ${this.#schedules.length}`);
    }
    this.#schedules.forEach((schedule, i) => schedule.loadState(saved[i]!));
    super.loadState(state);
  }
}
