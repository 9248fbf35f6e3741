// everything that works without vitest
export type { Check } from './check.js';
export { expectNoLeak } from './checks/leaks.js';
export type { Batching, InputCase, ModelFacts, Outputs, Rule, Shapes, WrongInput } from './facts.js';
export { ConformanceError } from './failure.js';
export { modelChecks } from './model-checks.js';
export { runCommand, type CommandRun } from './run-command.js';
