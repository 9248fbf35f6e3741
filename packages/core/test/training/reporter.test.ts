import { ConsoleReporter, ProgressLine, type Terminal } from '@hourglass/core';
import { describe, expect, it } from 'vitest';

function terminal(isInteractive: boolean, columns = 200): Terminal & { text: string } {
  return {
    isInteractive,
    columns,
    text: '',
    write(text) {
      this.text += text;
    },
  };
}

const report = (step: number) => ({
  step,
  steps: 1000,
  epoch: 1,
  epochs: 2,
  loss: 1 / step,
  learningRate: 0.1,
  examples: 8,
});

describe('ProgressLine', () => {
  it('shows share and time left of work that takes a while, anew for other work, and makes room', () => {
    let now = 0;
    const screen = terminal(true);
    const line = new ProgressLine({ terminal: screen, now: () => now });
    const work = (milliseconds: number, pieces: number): void => {
      for (let done = 1; done <= pieces; done++) {
        now += milliseconds;
        line.onProgress({ done, total: pieces });
      }
    };
    work(1, 50);
    expect(screen.text).toBe('');
    work(1000, 4);
    const lines = screen.text.split('\r\u001b[2K').slice(1);
    expect(lines).toEqual(['[██████████░░░░░░░░░░] 50 %  0:02 left', '[███████████████░░░░░] 75 %  0:01 left']);
    screen.text = '';
    for (const done of [1, 2]) {
      now += 1000;
      line.onProgress({ done, total: Infinity });
    }
    expect(screen.text).toContain('] 2 done');
    line.write('done');
    expect(screen.text.endsWith('\r\u001b[2Kdone\n')).toBe(true);
  });
});

describe('ConsoleReporter', () => {
  it('on a terminal redraws one line, with loss, scores, speed and time left, at most ten times a second', () => {
    let now = 0;
    const screen = terminal(true);
    const reporter = new ConsoleReporter({ terminal: screen, now: () => now, unit: 'images' });
    reporter.start({ step: 0, steps: 1000, epochs: 2 });
    for (let step = 1; step <= 200; step++) {
      now += 20;
      reporter.step(report(step));
    }
    const lines = screen.text.split('\r\u001b[2K').slice(1);
    expect(lines.length).toBe(40);
    expect(lines.at(-1)).toBe(
      '[███░░░░░░░░░░░░░░░░░] epoch 1/2  step 196/1000  loss 0.005102  400 images/s  0:16 left',
    );
    expect(screen.text).not.toContain('\n');
    reporter.scores('validation', 1, { loss: 0.25, miou: 0.81234 });
    expect(screen.text).toContain('\r\u001b[2Kepoch 1: validation loss 0.25  miou 0.8123\n');
    now += 200;
    reporter.step(report(201));
    expect(screen.text).toContain('loss 0.25  miou 0.8123  ');
    reporter.end();
    expect(screen.text.endsWith('\n')).toBe(true);
  });

  it('a line is never longer than the terminal', () => {
    const screen = terminal(true, 40);
    const reporter = new ConsoleReporter({ terminal: screen, now: () => 0 });
    reporter.start({ step: 0, steps: 1000, epochs: 2 });
    reporter.step(report(1));
    expect(screen.text.replace('\r\u001b[2K', '').length).toBe(39);
  });

  it('elsewhere writes a plain line every few seconds, and the last one', () => {
    let now = 0;
    const log = terminal(false);
    const reporter = new ConsoleReporter({ terminal: log, now: () => now });
    reporter.start({ step: 500, steps: 1000, epochs: 2 });
    for (let step = 501; step <= 1000; step++) {
      now += 30;
      reporter.step(report(step));
    }
    reporter.end();
    const lines = log.text.trimEnd().split('\n');
    expect(lines[0]).toBe('resumed at step 500 of 1000');
    expect(lines.length).toBe(5);
    expect(lines.at(-1)).toContain('step 1000/1000');
    // eslint-disable-next-line no-control-regex -- that no control characters are there is the point
    expect(log.text).not.toMatch(/[\r\u001b]/);
  });
});
