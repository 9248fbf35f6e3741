import { init, type Module } from '../module/index.js';
import type { Generator } from '../random/index.js';
import { Embedding } from './basic/embedding.js';
import { Linear } from './basic/linear.js';
import { Conv1d, Conv2d, Conv3d } from './convolution/index.js';

/**
 * Draws the weights of all linear maps, convolutions and embeddings below a module from a normal distribution, and sets their biases to 0,
 * as BERT and those after it begin. What stands for padding is 0.
 *
 * @param kinds `linear` leaves convolutions and embeddings as they are. Default `all`
 */
export function initialiseNormal(
  module: Module,
  std: number,
  generator?: Generator,
  kinds: 'all' | 'linear' = 'all',
): void {
  const random = { generator };
  for (const [, child] of module.namedModules()) {
    if (kinds === 'linear' && !(child instanceof Linear)) continue;
    if (child instanceof Linear || child instanceof Conv1d || child instanceof Conv2d || child instanceof Conv3d) {
      init.normal(child.weight, 0, std, random);
      if (child.bias !== null) init.zeros(child.bias);
    } else if (child instanceof Embedding) {
      init.normal(child.weight, 0, std, random);
      child.resetPadding();
    }
  }
}
