import { InvalidArgumentError } from '../../errors.js';
import type { UnaryModule } from '../../module/index.js';
import * as A from './activations.js';

const makers: Readonly<Record<string, () => UnaryModule>> = {
  relu: () => new A.ReLU(),
  relu6: () => new A.ReLU6(),
  relu2: () => new A.SquaredReLU(),
  leaky_relu: () => new A.LeakyReLU(),
  elu: () => new A.ELU(),
  selu: () => new A.SELU(),
  gelu: () => new A.GELU(),
  gelu_new: () => new A.GELU({ approximate: 'tanh' }),
  gelu_pytorch_tanh: () => new A.GELU({ approximate: 'tanh' }),
  gelu_fast: () => new A.GELU({ approximate: 'tanh' }),
  quick_gelu: () => new A.QuickGELU(),
  silu: () => new A.SiLU(),
  swish: () => new A.SiLU(),
  mish: () => new A.Mish(),
  sigmoid: () => new A.Sigmoid(),
  tanh: () => new A.Tanh(),
  softplus: () => new A.Softplus(),
  hardsigmoid: () => new A.Hardsigmoid(),
  hardswish: () => new A.Hardswish(),
};

/** Names without what spellings differ in. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, '');

const byPlainName = new Map(Object.entries(makers).map(([name, make]) => [plain(name), make]));

/**
 * A new activation by the name that configuration files use (transformers' `hidden_act`, timm's `act_layer`); torch's class names
 * (`LeakyReLU`) do too.
 *
 * @throws InvalidArgumentError for an unknown name; the message lists the known ones.
 */
export function activationByName(name: string): UnaryModule {
  const make = byPlainName.get(plain(name));
  if (make === undefined)
    throw new InvalidArgumentError(`unknown activation '${name}'; there are ${Object.keys(makers).join(', ')}`);
  return make();
}
