import { testModel, type Batching, type ModelFacts } from '@hourglass/testing';
import { uniformTensor, type Generator, type Module } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { CharacterVocabulary, SpeechRecognizer, type CtcArchitecture } from '@hourglass/audio';

interface Sounds {
  readonly samples: tf.Tensor;
  readonly lengths: readonly number[];
}

const vocabulary = CharacterVocabulary.of(['abc ab']);

const sounds = (samples: number): ModelFacts<SpeechRecognizer, Sounds>['inputs'][0] => ({
  name: `${samples} samples`,
  make: (generator, examples) => ({
    samples: uniformTensor([examples, samples], -1, 1, generator),
    lengths: Array.from({ length: examples }, () => samples),
  }),
  gives: (_, examples) => [examples, Math.ceil((Math.floor((samples - 50) / 20) + 1) / 2), 6],
});

const oneByOne: Batching<Sounds> = {
  join: (inputs) => ({
    samples: tf.concat(inputs.map(({ samples }) => samples)),
    lengths: inputs.flatMap(({ lengths }) => lengths),
  }),
  split: (outputs, inputs) => tf.split(outputs as tf.Tensor, inputs.length),
};

function facts(architecture: CtcArchitecture): ModelFacts<SpeechRecognizer, Sounds> {
  const sizes = { nMels: 8, channels: 3, hidden: 6, layers: 1, heads: 2 };
  const dull = (name: string): boolean => !/conv[12]|projection|head/.test(name);
  return {
    create(generator) {
      const model = SpeechRecognizer.create({ architecture, sampleRate: 2000, ...sizes }, vocabulary, generator);
      livelier(model, generator, dull);
      return model;
    },
    load: SpeechRecognizer.fromPretrained,
    inputs: [sounds(270), sounds(153)],
    forward: (model, input) => model.forward(input),
    batching: oneByOne,
    training: 'random', // dropout and SpecAugment
    withoutGradient: {},
    wrong: [
      { name: 'too few samples', make: () => ({ samples: tf.zeros([1, 30]), lengths: [30] }) },
      { name: 'samples with channels', make: () => ({ samples: tf.zeros([1, 90, 2]), lengths: [90] }) },
    ],
  };
}

/** Biases away from zero, so that hardly a ReLU is dead. */
function livelier(model: Module, generator: Generator, leave: (name: string) => boolean): void {
  for (const [name, parameter] of model.namedParameters()) {
    if (leave(name) || !name.endsWith('bias')) continue;
    const values = uniformTensor(parameter.shape, 0.1, 0.5, generator);
    parameter.assign(values);
    values.dispose();
  }
}

testModel('a recogniser with an LSTM', facts('lstm'));
testModel('a recogniser with a Conformer', facts('conformer'));
