import { describe, expect, it } from 'vitest';
import { BoundaryIou, createMask, type LabelMask } from '@hourglass/vision';

/** Class 1 in a box, 0 around it. */
function box(left: number, top: number, width: number, height: number, size = 20): LabelMask {
  const mask = createMask(size, size);
  for (let y = top; y < top + height; y++) mask.data.fill(1, y * size + left, y * size + left + width);
  return mask;
}

describe('BoundaryIou', () => {
  it('is 1 for the truth, and counts the bands as by hand', () => {
    const metric = new BoundaryIou({ classes: 3, distance: 1 });
    metric.update(box(5, 5, 8, 8), box(5, 5, 8, 8));
    expect(metric.compute().classes.slice(0, 2)).toEqual([1, 1]);
    expect(metric.compute().classes[2]).toBeNaN();
    expect(metric.compute().mean).toBe(1);

    // rings of boxes one column apart: of 28 pixels each, the 7 columns of two sides that both have
    const shifted = new BoundaryIou({ classes: 2, distance: 1 });
    shifted.update(box(6, 5, 8, 8), box(5, 5, 8, 8));
    expect(shifted.compute().classes[1]).toBeCloseTo(14 / (28 + 28 - 14), 12);
  });

  it('sees a sloppy edge that the plain IoU hardly sees', () => {
    const [truth, sloppy] = [box(10, 10, 180, 180, 200), box(13, 13, 174, 174, 200)];
    const metric = new BoundaryIou({ classes: 2, distance: 3 });
    metric.update(sloppy, truth);
    expect(174 ** 2 / 180 ** 2).toBeGreaterThan(0.93);
    expect(metric.compute().classes[1]).toBe(0);
  });

  it('leaves out ignored pixels and refuses other sizes', () => {
    const truth = { ...box(5, 5, 8, 8), data: box(5, 5, 8, 8).data.map((id) => (id === 1 ? 9 : 0)) };
    const metric = new BoundaryIou({ classes: 2, distance: 2, ignoreIndex: 9 });
    metric.update(box(5, 5, 8, 8), truth);
    expect(metric.compute().classes).toEqual([1, NaN]);
    expect(() => metric.update(box(1, 1, 2, 2, 10), truth)).toThrow(/is 10 × 10, the truth 20 × 20/);
  });
});
