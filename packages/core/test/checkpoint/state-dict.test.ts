import * as tf from '@tensorflow/tfjs-core';
import {
  CheckpointError,
  encodeValues,
  loadStateDict,
  renaming,
  stateDict,
  type RenameRule,
  type StoredTensor,
} from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { Tiny } from './models.js';

beforeAll(async () => void (await useTestBackend('cpu')));

const floats = (shape: number[]): StoredTensor =>
  encodeValues({ dtype: 'float32', values: new Float32Array(tf.util.sizeFromShape(shape)) }, shape);

function caught(run: () => void): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

describe('stateDict', () => {
  it('has the reference names, layouts and element types; a shared tensor once, derived buffers never', () => {
    const model = new Tiny();
    const state = stateDict(model);
    expect(Object.fromEntries(Array.from(state, ([name, t]) => [name, `${t.dtype} ${t.shape.join('x')}`]))).toEqual({
      'linear.weight': 'F32 3x2',
      'linear.bias': 'F32 3',
      'conv.weight': 'F32 2x2x3x2',
      'blocks.0.weight': 'F32 3x2x3x2',
      'blocks.1.weight': 'F32 4x2x3x2',
      'norm.running_mean': 'F32 2',
      'norm.num_batches_tracked': 'I64 ',
      'norm.mask': 'BOOL 3',
    });
    const stored = new Float32Array(state.get('linear.weight')!.bytes.slice().buffer);
    const [w00, w01, w02, w10] = model.linear.weight.variable.dataSync();
    expect(Array.from(stored.subarray(0, 3))).toEqual([w00, w10, w01]);
    expect(stored[4]).toBe(w02);
    model.dispose();
  });

  it('loads what it saved, bit for bit, and leaks nothing', () => {
    const [from, to] = [new Tiny(1), new Tiny(2)];
    const before = tf.memory().numTensors;
    loadStateDict(to, stateDict(from));
    expect(stateDict(to)).toEqual(stateDict(from));
    expect(tf.memory().numTensors).toBe(before);
    from.dispose();
    to.dispose();
  });
});

describe('loadStateDict', () => {
  it('names all missing, left-over and misshapen keys in one error, and loads nothing', () => {
    const model = new Tiny(1);
    const before = stateDict(model);
    const broken = stateDict(new Tiny(2));
    broken.delete('conv.weight');
    broken.delete('norm.mask');
    for (let i = 0; i < 12; i++) broken.set(`extra.${i}`, floats([1]));
    broken.set('linear.bias', floats([4]));
    broken.set('norm.num_batches_tracked', floats([]));
    const error = caught(() => loadStateDict(model, broken, { where: 'runs/a' }));
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error.message).toMatch(/^runs\/a: /);
    expect(error.message).toContain('2 missing keys: conv.weight, norm.mask');
    expect(error.message).toContain('12 left-over keys: extra.0, extra.1');
    expect(error.message).toContain('extra.9 and 2 more');
    expect(error.message).toContain('linear.bias (checkpoint [4], model [3])');
    expect(error.message).toContain('norm.num_batches_tracked (checkpoint has element type F32, model int32)');
    expect(stateDict(model)).toEqual(before);
  });

  it('a value that does not fit into 32 bits is an error, and loads nothing', () => {
    const model = new Tiny(1);
    const before = stateDict(model);
    const state = stateDict(new Tiny(2));
    state.set('norm.num_batches_tracked', {
      dtype: 'I64',
      shape: [],
      bytes: new Uint8Array(BigInt64Array.of(2n ** 40n).buffer),
    });
    const tensors = tf.memory().numTensors;
    expect(caught(() => loadStateDict(model, state)).message).toMatch(/num_batches_tracked.*does not fit/);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(stateDict(model)).toEqual(before);
  });

  it('either name of a shared tensor suffices, both may be there, neither is an error', () => {
    const source = stateDict(new Tiny(2));
    const weight = source.get('linear.weight')!;
    const model = new Tiny(1);
    loadStateDict(model, new Map(source).set('head.weight', weight));
    const other = new Map(source).set('head.weight', weight);
    other.delete('linear.weight');
    const again = new Tiny(3);
    loadStateDict(again, other);
    expect(stateDict(again)).toEqual(source);
    other.delete('head.weight');
    expect(caught(() => loadStateDict(model, other)).message).toContain('1 missing key: linear.weight');
  });

  it('leaves ignored keys alone on both sides, and batch counters may be missing', () => {
    const model = new Tiny(1);
    const before = stateDict(model);
    const state = stateDict(new Tiny(2));
    state.delete('norm.num_batches_tracked');
    state.delete('linear.bias');
    state.set('old.position_ids', floats([2]));
    state.set('conv.weight', floats([1]));
    loadStateDict(model, state, { ignore: [/position_ids$/g, /^conv\./, /^linear\.bias/] });
    expect(stateDict(model).get('conv.weight')).toEqual(before.get('conv.weight'));
    expect(stateDict(model).get('blocks.0.weight')).toEqual(state.get('blocks.0.weight'));
  });
});

describe('rename rules', () => {
  const rules: readonly RenameRule[] = [
    ['backbone.stage{i}.conv.{rest*}', 'blocks.{i}.{rest*}'],
    ['fc.', 'linear.'],
    ['stem.kernel', 'conv.weight'],
    { toOurs: [/^bn(\w+)\.(.*)$/, 'norm$1.$2'], toReference: [/^norm(\w*)\.(.*)$/, 'bn_$1.$2'] },
  ];
  const invertible = rules.slice(0, 3);

  it('saving gives the reference names back', () => {
    const model = new Tiny(4);
    const reference = stateDict(model, { rename: invertible });
    expect([...reference.keys()].slice(0, 5)).toEqual([
      'fc.weight',
      'fc.bias',
      'stem.kernel',
      'backbone.stage0.conv.weight',
      'backbone.stage1.conv.weight',
    ]);
    const other = new Tiny(5);
    loadStateDict(other, reference, { rename: invertible });
    expect(stateDict(other, { rename: invertible })).toEqual(reference);
    expect(caught(() => loadStateDict(other, reference)).message).toContain('left-over');
  });

  it('the first rule that matches decides, templates match whole names, prefixes may be empty', () => {
    const { toOurs, toReference } = renaming([...rules, ['', 'model.']]);
    expect(toOurs('backbone.stage12.conv.a.b')).toBe('blocks.12.a.b');
    expect(toOurs('backbone.stage1.2.conv.a')).toBe('model.backbone.stage1.2.conv.a');
    expect(toReference('model.backbone.x')).toBe('backbone.x');
    expect(toOurs('bn1.weight')).toBe('norm1.weight');
  });

  it('two keys that become one are an error, and so are sides that do not match', () => {
    const state = stateDict(new Tiny());
    expect(
      caught(() =>
        loadStateDict(new Tiny(), state, {
          rename: [
            ['blocks.', 'conv.'],
            ['conv.', 'conv.0.'],
          ],
        }),
      ).message,
    ).toMatch(/'blocks.0.weight' and 'conv.weight'|'conv.weight' and 'blocks.0.weight'/);
    expect(caught(() => renaming([['a.{i}', 'b.{j}']])).message).toContain('same placeholders');
  });
});
