import { layouts, Parameter } from '../../module/index.js';
import { uniformTensor, type Generator } from '../../random/index.js';

/** The parameters of one cell, or of one layer and direction, under torch's names without the suffix. */
export interface RecurrentWeights {
  /** [in, gates] in memory. */
  readonly weight_ih: Parameter;
  /** [hidden or projection, gates] */
  readonly weight_hh: Parameter;
  readonly bias_ih?: Parameter;
  readonly bias_hh?: Parameter;
  /** [hidden, projection] */
  readonly weight_hr?: Parameter;
}

/** Uniform in ±1/√hidden, as torch draws all of them. */
export function recurrentWeights(
  input: number,
  hidden: number,
  gates: number,
  options: { readonly bias: boolean; readonly projection: number; readonly generator: Generator },
): RecurrentWeights {
  const { bias, projection, generator } = options;
  const bound = 1 / Math.sqrt(hidden);
  const draw = (shape: readonly number[]): Parameter =>
    new Parameter(uniformTensor(shape, -bound, bound, generator), shape.length === 2 ? layouts.linear : layouts.plain);
  const width = gates * hidden;
  return {
    weight_ih: draw([input, width]),
    weight_hh: draw([projection > 0 ? projection : hidden, width]),
    ...(bias ? { bias_ih: draw([width]), bias_hh: draw([width]) } : {}),
    ...(projection > 0 ? { weight_hr: draw([hidden, projection]) } : {}),
  };
}
