import {
  defaultGenerator,
  Generator,
  Linear,
  losses,
  type Module,
  normalTensor,
  Parameter,
  scope,
  StateBuffer,
} from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { ConformanceError, modelChecks, type ModelFacts, type Rule } from '@hourglass/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadToy, Normed, Toy, toyFacts } from './toy.js';

beforeAll(() => useTestBackend('wasm'));

/** Whether the engine of this run can compare with another backend. */
const isReference = process.env['HOURGLASS_TEST_BACKEND'] === 'cpu';

async function verdict<M extends Module, I>(facts: ModelFacts<M, I>, rule: Rule): Promise<string> {
  const { run } = modelChecks(facts).find((check) => check.rule === rule)!;
  try {
    await run();
    return 'passed';
  } catch (error) {
    if (!(error instanceof ConformanceError)) throw error;
    return error.message;
  }
}

type Bend = (toy: Bent, x: tf.Tensor) => tf.Tensor;

/** A toy whose forward is another, made of the usual one. */
class Bent extends Toy {
  readonly #bend: Bend;

  constructor(generator: Generator, bend: Bend) {
    super(generator);
    this.#bend = bend;
  }

  override forward(x: tf.Tensor): tf.Tensor {
    return this.#bend(this, x);
  }

  usual(x: tf.Tensor): tf.Tensor {
    return super.forward(x);
  }
}

const toyWith =
  (bend: Bend) =>
  (generator: Generator): Toy =>
    new Bent(generator, bend);

class DeadEnd extends Toy {
  readonly unused = new Linear(3, 2, { generator: new Generator(5) });
}

class ZeroGate extends Toy {
  readonly gate = new Parameter(tf.ones([3]));
  override forward(x: tf.Tensor): tf.Tensor {
    return scope(() => tf.add(super.forward(x), tf.mul(this.gate.value, 0)));
  }
}

class InfiniteGradient extends Toy {
  readonly root = new Parameter(tf.zeros([3]));
  override forward(x: tf.Tensor): tf.Tensor {
    return scope(() => tf.add(super.forward(x), tf.sqrt(this.root.value)));
  }
}

class WrongGradient extends Toy {
  override forward(x: tf.Tensor): tf.Tensor {
    const doubled = tf.customGrad((y) => ({
      value: tf.clone(y as tf.Tensor),
      gradFunc: (dy) => tf.mul(dy as tf.Tensor, 1.2),
    }));
    return scope(() => doubled(super.forward(x)));
  }
}

class Forgetful extends Normed {
  override savePretrained(folder: string): Promise<void> {
    for (const buffer of [this.norm.running_mean]) tf.tidy(() => buffer!.assign(tf.zerosLike(buffer!.value)));
    return super.savePretrained(folder);
  }
}

class OwnGenerator extends Toy {
  readonly offset = new Parameter(normalTensor([3], 0, 1, defaultGenerator()));
  override forward(x: tf.Tensor): tf.Tensor {
    return scope(() => tf.add(super.forward(x), this.offset.value));
  }
}

class Counting extends Toy {
  readonly calls = new StateBuffer(tf.zeros([]));
  override forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      this.calls.assign(tf.add(this.calls.value, 1));
      return tf.add(super.forward(x), this.calls.value);
    });
  }
}

class Clingy extends Toy {
  readonly #kept = tf.keep(tf.zeros([4]));
  get size(): number {
    return this.#kept.size;
  }
}

const fromMean = toyWith((toy, x) => scope(() => tf.sub(toy.usual(x), tf.mean(toy.usual(x), 0))));
const noise = toyWith((toy, x) => scope(() => tf.add(toy.usual(x), Math.random())));

const broken: ReadonlyArray<readonly [string, Rule, ModelFacts<Toy>, RegExp]> = [
  [
    'one whose output has another shape',
    'shapes',
    toyFacts(toyWith((toy, x) => scope(() => (x.shape[1] === 1 ? tf.squeeze(toy.usual(x), [1]) : toy.usual(x))))),
    /1 steps, 1 at once: the output has shape \[1, 3\], announced is \[1, 1, 3\]/,
  ],
  [
    'one with a part that nothing reaches',
    'gradients',
    toyFacts((generator) => new DeadEnd(generator)),
    /no gradient reaches unused\.weight, unused\.bias/,
  ],
  [
    'one with a parameter whose gradient is always zero',
    'gradients',
    toyFacts((generator) => new ZeroGate(generator)),
    /no gradient reaches gate$/,
  ],
  [
    'one whose gradient is infinite',
    'gradients',
    toyFacts((generator) => new InfiniteGradient(generator)),
    /gradient of root is not finite/,
  ],
  [
    'an excuse that is none',
    'gradients',
    toyFacts((generator) => new Toy(generator), { withoutGradient: { 'encoder\\.bias': 'it is said so' } }),
    /encoder\.bias has a gradient, though .* it is said so/,
  ],
  [
    'an excuse for what is not there',
    'gradients',
    toyFacts((generator) => new Toy(generator), { withoutGradient: { 'encoder\\.scale': 'old' } }),
    /names encoder\\\.scale, which matches no trainable parameter/,
  ],
  [
    'one whose gradient is a fifth too large',
    'finite differences',
    toyFacts((generator) => new WrongGradient(generator)),
    /the gradient of \w+\.\w+ is wrong: element \d+ has .*finite differences say/,
  ],
  [
    'one that loses its statistics when it is saved',
    'saving',
    toyFacts((generator) => new Forgetful(generator) as Toy, {
      load: (folder) => loadToy(folder, () => new Forgetful(new Generator(1))),
    }),
    /after loading the output: element/,
  ],
  [
    'one that forgets its configuration',
    'saving',
    toyFacts((generator) => new Toy(generator, { dropout: 0.3 }), {
      load: (folder) => loadToy(folder, () => new Toy(new Generator(1))),
    }),
    /configuration is .*"dropout":0\} after loading, was .*"dropout":0\.3/,
  ],
  [
    'one that leaks in each forward pass',
    'leaks',
    toyFacts(toyWith((toy, x) => (tf.keep(tf.zeros([1])), toy.usual(x)))),
    /a forward pass in evaluation leaves 1 tensors behind/,
  ],
  [
    'one that leaks while it trains only',
    'leaks',
    toyFacts(toyWith((toy, x) => (toy.training ? tf.keep(tf.zeros([1])) : null, toy.usual(x)))),
    /a forward pass in training leaves 1 tensors behind/,
  ],
  [
    'one whose loss leaks in a train step',
    'leaks',
    toyFacts((generator) => new Toy(generator), {
      loss: (outputs) => (tf.keep(tf.zeros([1])), losses.mse(outputs as tf.Tensor, tf.zerosLike(outputs as tf.Tensor))),
    }),
    /a train step leaves 1 tensors behind/,
  ],
  [
    'one that leaks when an operation throws',
    'throwing',
    toyFacts(
      toyWith((toy, x) => {
        // without a scope: what is made before a throw stays
        const double = tf.mul(x, 2);
        const y = toy.usual(double);
        double.dispose();
        return y;
      }),
    ),
    /a forward pass in evaluation whose operation \d+ of \d+ threw leaves 1 tensors behind/,
  ],
  [
    'one that hides errors',
    'throwing',
    toyFacts(
      toyWith((toy, x) => {
        try {
          return toy.usual(x);
        } catch {
          return tf.clone(x);
        }
      }),
    ),
    /goes on after operation .* threw: it hides errors/,
  ],
  [
    'one that keeps something when it is disposed',
    'disposal',
    toyFacts((generator) => new Clingy(generator)),
    /made, used and disposed leaves 1 tensors/,
  ],
  [
    'one that ignores the generator',
    'determinism',
    toyFacts(() => new Toy(new Generator(1))),
    /two generators with different seeds give the same model/,
  ],
  [
    'one that draws from the default generator too',
    'determinism',
    toyFacts((generator) => new OwnGenerator(generator)),
    /draws from the default generator instead\): output 'offset'/,
  ],
  [
    'one that trains differently each time',
    'determinism',
    toyFacts(noise, noiseLoss()),
    /training twice with one seed/,
  ],
  [
    'one that depends on its batch mates',
    'independence',
    toyFacts(fromMean),
    /example 0 among 3 is not what it is alone/,
  ],
  [
    'one with batch statistics in evaluation too',
    'independence',
    toyFacts((generator) => {
      const model = new Normed(generator);
      Object.defineProperty(model.norm, 'training', { get: () => true, set: () => {} });
      return model as Toy;
    }),
    /example 0 among 3 is not what it is alone/,
  ],
  ['one that is random in evaluation', 'modes', toyFacts(noise), /in evaluation two passes over one input differ/],
  [
    'one that keeps state',
    'modes',
    toyFacts((generator) => new Counting(generator) as Toy),
    /in evaluation two passes over one input differ/,
  ],
  [
    'one with dropout that the facts do not know of',
    'modes',
    toyFacts((generator) => new Toy(generator, { width: 16, dropout: 0.5 })),
    /though the facts say that training is 'same'/,
  ],
  [
    'one without the dropout that the facts promise',
    'modes',
    toyFacts((generator) => new Toy(generator), { training: 'random' }),
    /though the facts say that training is random/,
  ],
  [
    'one with batch norm that the facts do not know of',
    'modes',
    toyFacts((generator) => new Normed(generator) as Toy),
    /training gives something else than evaluation/,
  ],
  [
    'one that never trains differently, against the facts',
    'modes',
    toyFacts((generator) => new Toy(generator), { training: 'different' }),
    /training gives what evaluation gives/,
  ],
  [
    'one that switches itself to evaluation',
    'modes',
    toyFacts(toyWith((toy, x) => (toy.eval(), toy.usual(x)))),
    /a forward pass changes the training flags/,
  ],
  [
    'one that takes anything',
    'wrong input',
    toyFacts(toyWith((toy, x) => scope(() => toy.usual(tf.slice(x, [0, 0, 0], [-1, -1, 3]))))),
    /five channels is accepted/,
  ],
  [
    'one whose error is not for people',
    'wrong input',
    toyFacts(
      toyWith((toy, x) => {
        if (x.shape[2] !== 3) throw new Error(`bad shape ${String(x.shape)}`);
        return toy.usual(x);
      }),
    ),
    /five channels gives no HourglassError but Error: bad shape/,
  ],
  [
    'one whose error does not name the shape',
    'wrong input',
    toyFacts((generator) => new Toy(generator), {
      wrong: [{ name: 'five channels', make: () => tf.zeros([2, 4, 5]), says: /five is too many/ }],
    }),
    /the error does not name \/five is too many\//,
  ],
  [
    'one that leaks when it refuses',
    'wrong input',
    toyFacts(toyWith((toy, x) => (tf.keep(tf.zeros([1])), toy.usual(x)))),
    /refusing five channels leaves 1 tensors behind/,
  ],
];

/** The noise of a forward pass is constant in its parameters, so it must be in the loss by a product. */
function noiseLoss(): Partial<ModelFacts<Toy>> {
  return { loss: (outputs) => tf.mean(tf.square(outputs as tf.Tensor)) };
}

describe('the kit fails', () => {
  it.each(broken)('%s (%s)', async (_title, rule, facts, message) => {
    const before = tf.memory().numTensors;
    expect(await verdict(facts, rule)).toMatch(message);
    // what a broken model leaks is its own
    if (!/leaves|disposed/.test(message.source)) expect(tf.memory().numTensors).toBe(before);
  });

  it.skipIf(isReference)('one that computes something else on another backend (backends)', async () => {
    const facts = toyFacts(
      toyWith((toy, x) => scope(() => tf.mul(toy.usual(x), tf.getBackend() === 'cpu' ? 1 : 1.01))),
    );
    expect(await verdict(facts, 'backends')).toMatch(/outputs on \w+ are not those on cpu: the output: element/);
  });

  it('nothing in a sound model, and says no rule twice', async () => {
    const facts = toyFacts((generator) => new Toy(generator));
    const rules = modelChecks(facts).map(({ rule }) => rule);
    expect(new Set(rules).size).toBe(rules.length);
    expect(rules).not.toContain('saving');
    for (const rule of rules) expect([rule, await verdict(facts, rule)]).toEqual([rule, 'passed']);
  });
});
