import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  AdamW,
  CheckpointError,
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  CosineWarmup,
  CyclicLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  LinearWarmup,
  MultiStepLR,
  NoamLR,
  OneCycleLR,
  Parameter,
  PolynomialWarmup,
  ReduceLROnPlateau,
  SequentialLR,
  SGD,
  StepLR,
  WarmupStableDecay,
  type Optimizer,
  type Schedule,
  type ScheduleState,
} from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';

const parameter = (): Parameter => new Parameter(tf.zeros([1]));

/** Two groups, at rates 1 and 0.1. */
const optimizer = (): Optimizer =>
  new AdamW([{ params: [parameter()] }, { params: [parameter()], lr: 0.1 }], { lr: 1 });

const metrics = [3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1];

/** The first group's rate at each of n steps. */
function rates(schedule: Schedule, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const rate = schedule.rates()[0]!;
    schedule.step(metrics[i]);
    return rate;
  });
}

const makers: Record<string, (o: Optimizer) => Schedule> = {
  LambdaLR: (o) => new LambdaLR(o, (step) => 1 / (1 + step)),
  StepLR: (o) => new StepLR(o, { stepSize: 2 }),
  MultiStepLR: (o) => new MultiStepLR(o, { milestones: [2, 5] }),
  CosineAnnealingLR: (o) => new CosineAnnealingLR(o, { tMax: 8 }),
  CosineAnnealingWarmRestarts: (o) => new CosineAnnealingWarmRestarts(o, { t0: 3, tMult: 2 }),
  CyclicLR: (o) => new CyclicLR(o, { baseLr: 0.1, maxLr: 1, stepSizeUp: 3 }),
  OneCycleLR: (o) => new OneCycleLR(o, { maxLr: 1, totalSteps: 12 }),
  SequentialLR: (o) =>
    new SequentialLR(o, {
      schedules: [new LinearLR(o, { totalIters: 3 }), new CosineAnnealingLR(o, { tMax: 7 })],
      milestones: [3],
    }),
  ReduceLROnPlateau: (o) => new ReduceLROnPlateau(o, { patience: 1, factor: 0.5, cooldown: 1 }),
  LinearWarmup: (o) => new LinearWarmup(o, { warmupSteps: 3, trainingSteps: 10 }),
  WarmupStableDecay: (o) => new WarmupStableDecay(o, { warmupSteps: 2, stableSteps: 3, decaySteps: 4 }),
  NoamLR: (o) => new NoamLR(o, { dModel: 64, warmupSteps: 4 }),
};

beforeAll(async () => {
  await useTestBackend('cpu');
});

describe.each(Object.entries(makers))('%s', (_, make) => {
  it('continues from its state, with a new optimiser too', () => {
    const whole = rates(make(optimizer()), 10);
    const first = make(optimizer());
    rates(first, 4);
    const saved = JSON.parse(JSON.stringify(first.state())) as ScheduleState;
    const resumed = make(optimizer());
    resumed.loadState(saved);
    expect(resumed.rates()).toEqual(first.rates());
    const rest = Array.from({ length: 6 }, (_, i) => {
      const rate = resumed.rates()[0]!;
      resumed.step(metrics[4 + i]);
      return rate;
    });
    expect([...whole.slice(0, 4), ...rest]).toEqual(whole);
  });

  it('refuses the state of another kind', () => {
    expect(() => make(optimizer()).loadState({ schedule: 'Other' })).toThrow(CheckpointError);
  });
});

describe('rates', () => {
  it('are those of each group', () => {
    const o = optimizer();
    const schedule = new ExponentialLR(o, { gamma: 0.5 });
    schedule.step();
    expect(schedule.rates()).toEqual([0.5, 0.05]);
    const capped = new OneCycleLR(o, { maxLr: [1, 2], totalSteps: 10, pctStart: 0.3, cycleMomentum: false });
    capped.moveTo(2);
    expect(capped.rates()).toEqual([1, 2]);
  });

  it('start at those from before the first schedule, also inside a sequence', () => {
    const o = optimizer();
    const schedule = new SequentialLR(o, {
      schedules: [new ConstantLR(o, { factor: 0.1, totalIters: 99 }), new StepLR(o, { stepSize: 2, gamma: 0.5 })],
      milestones: [2],
    });
    expect(rates(schedule, 6)).toEqual([0.1, 0.1, 1, 1, 0.5, 0.5]);
  });

  it('survive a reload of the optimiser, whose state holds the initial ones', () => {
    const o = optimizer();
    new LinearWarmup(o, { warmupSteps: 4, trainingSteps: 8 }).step();
    const resumed = optimizer();
    resumed.loadState(o.state());
    const schedule = new LinearWarmup(resumed, { warmupSteps: 4, trainingSteps: 8 });
    schedule.moveTo(4);
    expect(schedule.rates()).toEqual([1, 0.1]);
  });

  it('rise, stay and fall as drawn', () => {
    const o = optimizer();
    expect(rates(new CosineWarmup(o, { warmupSteps: 2, trainingSteps: 6 }), 7).map((rate) => +rate.toFixed(6))).toEqual(
      [0, 0.5, 1, 0.853553, 0.5, 0.146447, 0],
    );
    const wsd = new WarmupStableDecay(o, { warmupSteps: 2, stableSteps: 1, decaySteps: 2, decayType: 'linear' });
    expect(rates(wsd, 6)).toEqual([0, 0.5, 1, 1, 0.5, 0]);
  });
});

describe('momentum', () => {
  it('moves against the rate, as beta 1 or as momentum', () => {
    const adam = optimizer() as AdamW;
    const cycle = new OneCycleLR(adam, { maxLr: 1, totalSteps: 10, pctStart: 0.3 });
    expect(adam.groups[0]!.betas).toEqual([0.95, 0.999]);
    cycle.moveTo(2);
    expect(adam.groups[0]!.betas[0]).toBeCloseTo(0.85);
    const sgd = new SGD([parameter()], { momentum: 0.5 });
    const cyclic = new CyclicLR(sgd, { baseLr: 0.1, maxLr: 1, stepSizeUp: 2 });
    expect(sgd.groups[0]!.momentum).toBeCloseTo(0.9);
    cyclic.moveTo(2);
    expect(sgd.groups[0]!.momentum).toBeCloseTo(0.8);
  });

  it('is left alone on request', () => {
    const sgd = new SGD([parameter()], { momentum: 0.5 });
    const cycle = new OneCycleLR(sgd, { maxLr: 1, totalSteps: 10, cycleMomentum: false });
    expect(cycle.momentumAt(0)).toBeUndefined();
    expect(sgd.groups[0]!.momentum).toBe(0.5);
  });
});

describe('ReduceLROnPlateau', () => {
  it('waits for its patience, rests in its cool-down, and stops at the least rate', () => {
    const o = optimizer();
    const plateau = new ReduceLROnPlateau(o, { factor: 0.5, patience: 1, cooldown: 2, minLr: [0.3, 0] });
    const seen = Array.from({ length: 10 }, () => {
      plateau.step(1);
      return plateau.rates()[0];
    });
    expect(seen).toEqual([1, 1, 0.5, 0.5, 0.5, 0.5, 0.3, 0.3, 0.3, 0.3]);
    expect(plateau.rates()[1]).toBeCloseTo(0.025);
  });

  it('counts a NaN as no improvement, and wants a metric', () => {
    const o = optimizer();
    const plateau = new ReduceLROnPlateau(o, { patience: 0, mode: 'max' });
    plateau.step(NaN);
    expect(plateau.rates()[0]).toBeCloseTo(0.1);
    expect(() => plateau.step()).toThrow('needs the metric');
  });
});

describe('options that cannot work', () => {
  it('are refused in words', () => {
    const o = optimizer();
    expect(() => new StepLR(o, { stepSize: 0 })).toThrow('stepSize must be a positive whole number, got 0');
    expect(() => new LinearLR(o, { startFactor: 0 })).toThrow('startFactor is 0');
    expect(() => new OneCycleLR(o, { maxLr: 1 })).toThrow('totalSteps');
    expect(() => new OneCycleLR(o, { maxLr: [1], totalSteps: 3 })).toThrow('maxLr has 1 values');
    expect(() => new OneCycleLR(o, { maxLr: 1, totalSteps: 3 }).moveTo(3)).toThrow('3 steps');
    expect(() => new SequentialLR(o, { schedules: [], milestones: [] })).toThrow('at least one');
    expect(() => new PolynomialWarmup(o, { warmupSteps: 0, trainingSteps: 9, lrEnd: 2 })).toThrow('lrEnd is 2');
    expect(() => new ReduceLROnPlateau(o, { factor: 1 })).toThrow('factor is 1');
    expect(() => new CyclicLR(o, { baseLr: 0, maxLr: 1, mode: 'saw' as 'triangular' })).toThrow("unknown mode 'saw'");
  });
});
