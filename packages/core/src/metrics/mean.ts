import { check } from '../errors.js';
import { checkSameSize, numberIn, numbersOf, type Metric, type MetricState, type MetricValues } from './values.js';

/** The weighted mean of numbers as they come: losses, times, anything. */
export class Mean implements Metric {
  #sum = 0;
  #weight = 0;

  /** Adds a value that stands for `weight` (default 1) of them: a batch's mean and its size. */
  update(value: number, weight = 1): void {
    check(weight >= 0, `weight is ${weight}; it must be 0 or more`);
    if (weight === 0) return;
    this.#sum += value * weight;
    this.#weight += weight;
  }

  compute(): number {
    return this.#sum / this.#weight;
  }

  reset(): void {
    this.#sum = 0;
    this.#weight = 0;
  }

  state(): MetricState {
    return { sum: this.#sum, weight: this.#weight };
  }

  loadState(state: MetricState): void {
    const [sum, weight] = [numberIn(state, 'sum'), numberIn(state, 'weight')];
    this.#sum = sum;
    this.#weight = weight;
  }
}

/** Base of metrics whose figure is the weighted mean of what `update` adds. */
export abstract class AveragedMetric implements Metric {
  protected readonly mean = new Mean();

  compute(): number {
    return this.mean.compute();
  }

  reset(): void {
    this.mean.reset();
  }

  state(): MetricState {
    return this.mean.state();
  }

  loadState(state: MetricState): void {
    this.mean.loadState(state);
  }
}

/** Base of the errors that are a mean over all elements. */
abstract class ElementwiseMean extends AveragedMetric {
  protected abstract error(prediction: number, target: number): number;

  /** Predictions and targets of the same size. */
  update(predictions: MetricValues, targets: MetricValues): void {
    const [p, t] = [numbersOf(predictions), numbersOf(targets)];
    checkSameSize('a mean error', p, t);
    let sum = 0;
    for (let i = 0; i < p.length; i++) sum += this.error(p[i]!, t[i]!);
    this.mean.update(sum / p.length, p.length);
  }
}

/** Mean absolute error over all elements. */
export class MeanAbsoluteError extends ElementwiseMean {
  protected override error(prediction: number, target: number): number {
    return Math.abs(prediction - target);
  }
}

/** Mean squared error over all elements. */
export class MeanSquaredError extends ElementwiseMean {
  protected override error(prediction: number, target: number): number {
    return (prediction - target) ** 2;
  }
}

/** Root of the mean squared error over all elements. */
export class RootMeanSquaredError extends MeanSquaredError {
  override compute(): number {
    return Math.sqrt(super.compute());
  }
}
