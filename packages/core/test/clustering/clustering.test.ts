import { Generator, kMeans, linearAssignment, metrics } from '@hourglass/core';
import { describe, expect, it } from 'vitest';

describe('linear assignment', () => {
  it('finds the least sum of costs that any matching has', () => {
    const generator = new Generator(4);
    const least = (cost: number[][], row = 0, used = new Set<number>()): number =>
      row === cost.length
        ? 0
        : Math.min(
            ...cost[row]!.map((value, c) =>
              used.has(c) ? Infinity : value + least(cost, row + 1, new Set([...used, c])),
            ),
          );
    for (const [rows, columns] of [
      [1, 1],
      [4, 4],
      [3, 6],
      [6, 6],
    ] as const) {
      for (let trial = 0; trial < 10; trial++) {
        const cost = Array.from({ length: rows }, () =>
          Array.from({ length: columns }, () => generator.integer(-9, 9)),
        );
        const found = linearAssignment(cost.flat(), rows, columns);
        expect(new Set(found).size).toBe(rows);
        expect(found.reduce((sum, c, r) => sum + cost[r]![c]!, 0)).toBe(least(cost));
      }
    }
    expect(() => linearAssignment([1, 2], 2, 1)).toThrow('2 rows');
    expect(() => linearAssignment([NaN], 1, 1)).toThrow('cost 0 is NaN');
  });
});

describe('k-means', () => {
  it('finds groups of points', () => {
    const generator = new Generator(2);
    const centres = [0, 0, 10, 0, 0, 10, 10, 10];
    const classes = Int32Array.from({ length: 200 }, (_, i) => i % 4);
    const points = Float32Array.from({ length: 400 }, (_, i) =>
      generator.normal(centres[2 * classes[i >> 1]! + (i % 2)]!, 1),
    );
    const { labels, inertia, centres: found } = kMeans(points, 2, 4, { generator });
    expect(metrics.clusteringAccuracy(labels, classes)).toBe(1);
    expect(inertia / 400).toBeGreaterThan(0.8);
    expect(inertia / 400).toBeLessThan(1.2);
    expect([...found].sort((a, b) => a - b).slice(0, 4)).toSatisfy((v: number[]) => v.every((x) => Math.abs(x) < 0.5));
  });

  it('says what is wrong, and takes equal points', () => {
    expect(() => kMeans([1, 2, 3], 2, 1)).toThrow('no rows of 2');
    expect(() => kMeans([1, 2], 2, 2)).toThrow('1 points cannot make 2 clusters');
    expect(() => kMeans([1, Infinity], 2, 1)).toThrow('number 1 is Infinity');
    expect(kMeans([5, 5, 5], 1, 2, { generator: new Generator(1) }).inertia).toBe(0);
  });
});

describe('clusters against classes', () => {
  const clusters = [0, 0, 0, 1, 1, 2, 2, 2, 3, 0, 1, 2, 3, 3, 3];
  const classes = [1, 1, 0, 0, 0, 2, 2, 1, 0, 1, 0, 2, 2, 2, 1];

  it('have the figures of their definitions over pairs, entropies and all matchings', () => {
    expect(metrics.adjustedRandIndex(clusters, classes)).toBeCloseTo(0.20512820512820512, 10);
    expect(metrics.normalizedMutualInformation(clusters, classes)).toBeCloseTo(0.4208728223672124, 10);
    expect(metrics.clusteringAccuracy(clusters, classes)).toBeCloseTo(0.6, 10);
  });

  it('know no names, and the cases at the edge', () => {
    const { adjustedRandIndex, clusteringAccuracy, normalizedMutualInformation } = metrics;
    for (const metric of [adjustedRandIndex, clusteringAccuracy, normalizedMutualInformation]) {
      expect(metric([2, 2, 0, 1], [0, 0, 1, 2])).toBeCloseTo(1);
      expect(metric([0, 0, 0], [0, 0, 0])).toBe(1);
      expect(() => metric([0], [0.5])).toThrow('labels count from 0');
      expect(() => metric([], [])).toThrow('at least one');
    }
    expect(adjustedRandIndex([0, 0, 1, 1], [0, 1, 0, 1])).toBeCloseTo(-0.5);
    expect(normalizedMutualInformation([0, 0, 1, 1], [0, 1, 0, 1])).toBeCloseTo(0);
    expect(clusteringAccuracy([0, 1, 2, 3], [0, 0, 0, 0])).toBe(0.25);
  });
});
