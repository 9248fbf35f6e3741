import type { Terminal } from '../platform/types.js';
import { platform } from '#platform';

/** How far training is. Epochs count from 1. */
export interface ProgressReport {
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  readonly epochs: number;
  readonly loss: number;
  readonly learningRate: number;
  /** Examples in this step. */
  readonly examples: number;
}

/** Told what training does. Implementations must not throw. */
export interface Reporter {
  /** `step` is above 0 in a resumed run. */
  start(run: { readonly step: number; readonly steps: number; readonly epochs: number }): void;
  step(report: ProgressReport): void;
  /** Scores of a validation, or the mean loss of an epoch. */
  scores(kind: 'validation' | 'epoch', epoch: number, scores: Readonly<Record<string, number>>): void;
  message(text: string): void;
  end(): void;
}

/** Says nothing. */
export const quietReporter: Reporter = { start() {}, step() {}, scores() {}, message() {}, end() {} };

/** What `fit` uses when no reporter is given: the console, and nothing inside a test runner. */
export function defaultReporter(): Reporter {
  return platform.isTest ? quietReporter : new ConsoleReporter();
}

export interface ProgressLineOptions {
  readonly terminal?: Terminal;
  /** Milliseconds; for tests. */
  readonly now?: () => number;
  /** Milliseconds between plain lines where lines cannot be redrawn. Default 5000. */
  readonly interval?: number;
}

const redrawInterval = 100;

/** How far work is: on a terminal one line that is redrawn, else one plain line every few seconds. */
export class ProgressLine {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  readonly #interval: number;
  #shownAt = -Infinity;
  #drawn = false;
  #begun = { done: Infinity, at: 0 };

  constructor({
    terminal = platform.terminal,
    now = () => performance.now(),
    interval = 5000,
  }: ProgressLineOptions = {}) {
    this.#terminal = terminal;
    this.#now = now;
    this.#interval = terminal.isInteractive ? redrawInterval : interval;
  }

  get isInteractive(): boolean {
    return this.#terminal.isInteractive;
  }

  /** For a {@link Watch}: share and time left, or how much is done where nobody knows of how much. What is over in no time is not shown. */
  readonly onProgress = ({ done, total }: { readonly done: number; readonly total: number }): void => {
    const now = this.#now();
    if (done <= this.#begun.done) {
      this.#begun = { done, at: now };
      this.#shownAt = now;
    }
    if (done === total || !this.isDue()) return;
    if (total === Infinity) return this.show(0, [`${done} done`]);
    const left = ((now - this.#begun.at) / (done - this.#begun.done)) * (total - done);
    this.show(done / total, [`${Math.floor((100 * done) / total)} %`, `${duration(left / 1000)} left`]);
  };

  /** Whether the last line was long enough ago. */
  isDue(): boolean {
    return this.#now() - this.#shownAt >= this.#interval;
  }

  show(share: number, parts: readonly string[]): void {
    this.#shownAt = this.#now();
    const text = parts.join('  ');
    if (!this.#terminal.isInteractive) {
      this.#terminal.write(`${text}\n`);
      return;
    }
    this.#terminal.write(`\r\u001b[2K${`${bar(share)} ${text}`.slice(0, this.#terminal.columns - 1)}`);
    this.#drawn = true;
  }

  /** Makes room for other lines. */
  clear(): void {
    if (this.#drawn) this.#terminal.write('\r\u001b[2K');
    this.#drawn = false;
  }

  /** Leaves the line as it is, and begins another. */
  end(): void {
    if (this.#drawn) this.#terminal.write('\n');
    this.#drawn = false;
  }

  /** A line of its own. */
  write(text: string): void {
    this.clear();
    this.#terminal.write(`${text}\n`);
  }
}

export interface ConsoleReporterOptions extends ProgressLineOptions {
  /** What examples are called. Default `examples`. */
  readonly unit?: string;
}

/** Progress with loss, scores, speed and time left, as a {@link ProgressLine}. */
export class ConsoleReporter implements Reporter {
  readonly #line: ProgressLine;
  readonly #now: () => number;
  readonly #unit: string;
  #startedAt = 0;
  #firstStep = 0;
  #examples = 0;
  #scores = '';
  #last: ProgressReport | null = null;

  constructor({ unit = 'examples', now = () => performance.now(), ...options }: ConsoleReporterOptions = {}) {
    this.#line = new ProgressLine({ ...options, now });
    this.#now = now;
    this.#unit = unit;
  }

  start(run: { readonly step: number; readonly steps: number; readonly epochs: number }): void {
    this.#startedAt = this.#now();
    this.#firstStep = run.step;
    this.#examples = 0;
    if (run.step > 0) this.message(`resumed at step ${run.step} of ${run.steps}`);
  }

  step(report: ProgressReport): void {
    this.#last = report;
    this.#examples += report.examples;
    if (this.#line.isDue() || report.step >= report.steps) this.#show(report);
  }

  scores(kind: 'validation' | 'epoch', epoch: number, scores: Readonly<Record<string, number>>): void {
    const text = Object.entries(scores)
      .map(([name, value]) => `${name} ${short(value)}`)
      .join('  ');
    if (kind === 'validation') this.#scores = text;
    this.message(`epoch ${epoch}: ${kind === 'validation' ? `validation ${text}` : text}`);
  }

  message(text: string): void {
    this.#line.write(text);
    if (this.#line.isInteractive && this.#last !== null) this.#show(this.#last);
  }

  end(): void {
    this.#line.end();
    this.#last = null;
  }

  #show(report: ProgressReport): void {
    const seconds = Math.max((this.#now() - this.#startedAt) / 1000, 1e-9);
    const done = report.step - this.#firstStep;
    const left = (seconds / Math.max(done, 1)) * (report.steps - report.step);
    this.#line.show(report.step / report.steps, [
      `epoch ${report.epoch}/${report.epochs}`,
      `step ${report.step}/${report.steps}`,
      `loss ${short(report.loss)}`,
      ...(this.#scores === '' ? [] : [this.#scores]),
      `${short(this.#examples / seconds)} ${this.#unit}/s`,
      `${duration(left)} left`,
    ]);
  }
}

function bar(share: number, width = 20): string {
  const full = Math.min(width, Math.floor(share * width));
  return `[${'█'.repeat(full)}${'░'.repeat(width - full)}]`;
}

/** Four significant digits. */
function short(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2);
  return value
    .toPrecision(4)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}

/** 1:02:03 or 2:03. */
function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number): string => String(n).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
