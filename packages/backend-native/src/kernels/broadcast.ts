import { UnsupportedError } from '@hourglass/core';

type Shape = readonly number[];

/** How two operands walk over a result: sizes of its axes, and steps of each operand in numbers (0 where it repeats). */
export interface Walk {
  readonly shape: Shape;
  /** Sizes, steps of `a`, steps of `b`; axes along which both go on alike are one. None of a result without elements. */
  readonly axes: readonly number[];
}

function same(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** @throws Error when the shapes do not broadcast. */
export function broadcastWalk(a: Shape, b: Shape): Walk {
  if (same(a, b)) return { shape: a, axes: [sizeOf(a), 1, 1] };
  const rank = Math.max(a.length, b.length);
  const reversed: number[] = [];
  const sizes: number[] = [];
  const steps: [number[], number[]] = [[], []];
  let [sizeA, sizeB, empty] = [1, 1, false];
  // from the last axis on; each list is built in reverse
  for (let i = 1; i <= rank; i++) {
    const [m, n] = [a[a.length - i] ?? 1, b[b.length - i] ?? 1];
    if (m !== n && m !== 1 && n !== 1) {
      throw new UnsupportedError(
        `shapes [${a.join(', ')}] and [${b.join(', ')}] do not broadcast: ${m} against ${n} on axis ${rank - i}`,
      );
    }
    const size = m === 1 ? n : m;
    reversed.push(size);
    if (size === 0) empty = true;
    if (size !== 1) {
      const stepA = m === 1 ? 0 : sizeA;
      const stepB = n === 1 ? 0 : sizeB;
      const last = sizes.length - 1;
      if (last >= 0 && stepA === steps[0][last]! * sizes[last]! && stepB === steps[1][last]! * sizes[last]!) {
        sizes[last]! *= size;
      } else {
        sizes.push(size);
        steps[0].push(stepA);
        steps[1].push(stepB);
      }
      sizeA *= m;
      sizeB *= n;
    }
  }
  const shape = reversed.reverse();
  if (empty) return { shape, axes: [0, 1, 1] };
  if (sizes.length === 0) return { shape, axes: [1, 1, 1] };
  return { shape, axes: [...sizes.reverse(), ...steps[0].reverse(), ...steps[1].reverse()] };
}
