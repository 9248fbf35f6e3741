import type { Draw, Given } from '@hourglass/core/testing';

type Inputs = Record<string, Given>;

/** Steps, sequences and units of a recurrent layer, and the width of its states. */
export interface ScanSize {
  readonly steps: number;
  readonly sequences: number;
  readonly units: number;
  readonly width: number;
}

const sizeOf = (steps: number, sequences: number, units: number, width = units): ScanSize => ({
  steps,
  sequences,
  units,
  width,
});

export const smallScans = [sizeOf(1, 1, 1), sizeOf(7, 2, 5), sizeOf(3, 17, 20)];

/** More units than a workgroup has invocations, and more steps than it goes through in one run. */
export const largeScans = [sizeOf(2, 5, 300), sizeOf(67, 1, 70)];

/** More units than a workgroup's memory holds. */
export const wideScan = sizeOf(1, 4, 600);

/** The same of layers with a projection. */
export const projectedScans = {
  small: [sizeOf(3, 17, 20, 6)],
  large: [sizeOf(67, 1, 90, 70)],
};

/** Of a layer of one gate. */
export function nonlinearityOf({ sequences }: ScanSize): 'relu' | 'tanh' {
  return sequences > 4 ? 'relu' : 'tanh';
}

/** What every scan has: weights as those of a new layer. */
export function scanInputs(draw: Draw, gates: number, { steps, sequences, units, width }: ScanSize): Inputs {
  const bound = 1 / Math.sqrt(units);
  return {
    gates: draw.given([steps, sequences, gates * units], 'float32', [-2, 2]),
    weight: draw.given([width, gates * units], 'float32', [-bound, bound]),
    h0: draw.given([sequences, width], 'float32', [-1, 1]),
  };
}

/** What the gradient of a scan is given: numbers that need not belong to the inputs are a case of the same formula. */
export function scanGradientInputs(draw: Draw, gates: number, size: ScanSize, states = size.width): Inputs {
  const { gates: _, ...others } = scanInputs(draw, gates, size);
  const shape = [size.steps, size.sequences, states];
  return { ...others, dy: draw.given(shape), states: draw.given(shape, 'float32', [-1, 1]) };
}

/** Activated gates, four for each unit. */
export function scanTrace(draw: Draw, { steps, sequences, units }: ScanSize): Given {
  return draw.given([steps, sequences, 4 * units], 'float32', [0, 1]);
}

/** First cells of an LSTM, and its projection where there is one. */
export function lstmInputs(draw: Draw, { sequences, units, width }: ScanSize): Record<string, Given | null> {
  const projects = width !== units;
  return {
    c0: draw.given([sequences, units], 'float32', [-1, 1]),
    projection: projects ? draw.given([units, width], 'float32', [-0.5, 0.5]) : null,
  };
}
