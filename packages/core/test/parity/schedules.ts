import * as tf from '@tensorflow/tfjs-core';
import {
  AdamW,
  ConstantLR,
  ConstantWarmup,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  CosineMinWarmup,
  CosineMinWarmupRate,
  CosineRestartsWarmup,
  CosineWarmup,
  CyclicLR,
  ExponentialLR,
  ExponentialMovingAverage,
  InverseSqrtWarmup,
  LinearLR,
  LinearWarmup,
  Module,
  MultiStepLR,
  NoamLR,
  OneCycleLR,
  Parameter,
  PolynomialLR,
  PolynomialWarmup,
  ReduceLROnPlateau,
  SequentialLR,
  StepLR,
  WarmupStableDecay,
  type ClosedFormSchedule,
  type Optimizer,
  type Schedule,
} from '@hourglass/core';
import { opAdapter, type ParityCase, type Runnable } from '@hourglass/core/testing';

type ScheduleClass = new (optimizer: Optimizer, options: object) => Schedule;

const schedules = {
  StepLR,
  MultiStepLR,
  ConstantLR,
  LinearLR,
  ExponentialLR,
  CosineAnnealingLR,
  PolynomialLR,
  CosineAnnealingWarmRestarts,
  CyclicLR,
  OneCycleLR,
  ReduceLROnPlateau,
  get_constant_schedule_with_warmup: ConstantWarmup,
  get_linear_schedule_with_warmup: LinearWarmup,
  get_cosine_schedule_with_warmup: CosineWarmup,
  get_cosine_with_hard_restarts_schedule_with_warmup: CosineRestartsWarmup,
  get_polynomial_decay_schedule_with_warmup: PolynomialWarmup,
  get_inverse_sqrt_schedule: InverseSqrtWarmup,
  get_cosine_with_min_lr_schedule_with_warmup: CosineMinWarmup,
  get_cosine_with_min_lr_schedule_with_warmup_lr_rate: CosineMinWarmupRate,
  get_wsd_schedule: WarmupStableDecay,
  'Noam (transformer)': NoamLR,
} as unknown as Record<string, ScheduleClass>;

/** Order of the reference's positional arguments, for the schedules inside SequentialLR. */
const positional: Record<string, readonly string[]> = {
  StepLR: ['step_size', 'gamma'],
  MultiStepLR: ['milestones', 'gamma'],
  ConstantLR: ['factor', 'total_iters'],
  LinearLR: ['start_factor', 'end_factor', 'total_iters'],
  ExponentialLR: ['gamma'],
  PolynomialLR: ['total_iters', 'power'],
  CosineAnnealingLR: ['T_max', 'eta_min'],
  CosineAnnealingWarmRestarts: ['T_0', 'T_mult', 'eta_min'],
};

/** The options of ours that are not just the camel case of the reference's. */
const renamed: Record<string, string> = { warmup: 'warmupSteps', T_max: 'tMax', T_0: 't0', T_mult: 'tMult' };

function optionsOf(args: Readonly<Record<string, unknown>>): object {
  const name = (key: string): string =>
    renamed[key] ??
    key.replace(/^num_(?=.*_steps$|cycles$)/, '').replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(args).map(([key, value]) => [name(key), value]));
}

/** Parses `LinearLR(0.1, total_iters=3), CosineAnnealingLR(T_max=n-3)`; n is the number of steps. */
function parseSchedules(text: string, optimizer: Optimizer, steps: number): ClosedFormSchedule[] {
  const number = (value: string): number => {
    const [term, subtrahend = '0'] = value.split('-');
    return (term === 'n' ? steps : Number(term)) - Number(subtrahend);
  };
  return Array.from(text.matchAll(/(\w+)\(([^)]*)\)/g), ([, name, list]) => {
    const args = list!.split(',').map((arg, i) => {
      const [key, value] = arg.includes('=') ? arg.split('=') : [positional[name!]![i], arg];
      return [key!.trim(), number(value!.trim())];
    });
    return new schedules[name!]!(optimizer, optionsOf(Object.fromEntries(args))) as ClosedFormSchedule;
  });
}

/** The rates used at each of n steps from base 0.1. */
function rates({ op, args, outputs }: ParityCase): Runnable {
  return {
    forward() {
      const steps = outputs.get('y')![0]!;
      const parameter = new Parameter(tf.zeros([1]));
      const optimizer = new AdamW([parameter], { lr: 0.1 }) as Optimizer;
      const { metrics, note: _, ...rest } = args as { metrics?: number[]; note?: string };
      const schedule =
        op === 'SequentialLR'
          ? new SequentialLR(optimizer, {
              schedules: parseSchedules(args['schedulers'] as string, optimizer, steps),
              milestones: args['milestones'] as number[],
            })
          : new schedules[op]!(optimizer, optionsOf(rest));
      const y = Array.from({ length: steps }, (_, step) => {
        // the metric of a step counts for its own rate
        if (metrics !== undefined) schedule.step(metrics[step]);
        else if (step > 0) schedule.step();
        return optimizer.groups[0]!.lr;
      });
      parameter.dispose();
      return { y: tf.tensor1d(y) };
    },
  };
}

class One extends Module {
  readonly weight: Parameter;

  constructor(initial: tf.Tensor) {
    super();
    this.weight = new Parameter(initial);
  }
}

export const adapters = [
  opAdapter({
    ...Object.fromEntries([...Object.keys(schedules), 'SequentialLR'].map((name) => [name, rates])),
    /** Averages of the rows of x as they come. */
    ema: ({ args }) => ({
      forward({ x }) {
        const rows = tf.unstack(x!);
        const module = new One(tf.clone(rows[0]!));
        const average = new ExponentialMovingAverage(module, args['decay'] as number);
        const y = rows.map((row, i) => {
          module.weight.assign(row);
          // it starts at the first row
          if (i > 0) average.update();
          return tf.clone(average.averages.get(module.weight)!);
        });
        average.dispose();
        module.dispose();
        return { y: tf.stack(y) };
      },
    }),
  }),
];
