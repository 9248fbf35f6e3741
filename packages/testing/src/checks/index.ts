import type { CheckDefinition } from '../check.js';
import { backends } from './backends.js';
import { determinism } from './determinism.js';
import { finiteDifferences } from './finite-differences.js';
import { gradients } from './gradients.js';
import { independence } from './independence.js';
import { disposal, leaks, throwing } from './leaks.js';
import { modes } from './modes.js';
import { saving } from './saving.js';
import { shapes } from './shapes.js';
import { wrongInput } from './wrong-input.js';

/** What every model must satisfy. */
export const definitions: readonly CheckDefinition[] = [
  shapes,
  gradients,
  finiteDifferences,
  saving,
  leaks,
  throwing,
  disposal,
  determinism,
  independence,
  modes,
  wrongInput,
  backends,
];
