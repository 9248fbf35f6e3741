export * from './cyclic.js';
export * from './decay.js';
export * from './plateau.js';
export {
  ClosedFormSchedule,
  type MomentumFunction,
  type RateFunction,
  type Schedule,
  type ScheduleState,
} from './schedule.js';
export * from './sequential.js';
export * from './warmup.js';
