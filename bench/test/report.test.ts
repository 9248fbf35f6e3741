import { describe, expect, it } from 'vitest';
import { median, type Row } from '../src/measure.js';
import { line, markdown, means } from '../src/report.js';

const row = (workload: string, name: string, ratio: number | null): Row => ({
  workload,
  case: name,
  description: `what ${workload} is`,
  unit: 'ms',
  ours: 10,
  torch: ratio === null ? null : 10 * ratio,
  variant: ratio === null ? null : 'NCHW',
  ratio,
});

describe('the report', () => {
  it('takes medians of odd and even numbers of samples', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('groups the cases that end alike, with geometric means', () => {
    const rows = [row('conv', 'a: forward', 0.5), row('conv', 'b: forward', 2), row('conv', 'b: gradient', 3)];
    const groups = means([...rows, row('net', 'train step', 9), row('conv', 'c: forward', null)]);
    expect(groups.map(({ name }) => name)).toEqual(['conv: forward', 'conv: gradient']);
    expect(groups[0]!.ratio).toBeCloseTo(1, 12);
    expect(groups[1]!.ratio).toBeCloseTo(3, 12);
  });

  it('leaves out what was not measured beside PyTorch', () => {
    expect(line(row('net', 'train step', null))).not.toContain('ratio');
    expect(line(row('net', 'train step', 1.25))).toContain('ratio 1.25');
    const page = markdown([row('net', 'train step', 1.25), row('net', 'forward', null)], {
      peer: 'PyTorch 2',
      threads: 2,
    });
    expect(page).toContain('| net | train step | 10.0 ms | 12.5 ms | NCHW | 1.25 |');
    expect(page).toContain('| net | forward | 10.0 ms |  |  |  |');
    expect(page.match(/what net is/g)).toHaveLength(1);
  });
});
