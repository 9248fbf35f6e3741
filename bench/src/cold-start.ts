/** From nothing to a first result. */
import { useBackend } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';

await useBackend('native');
const x = tf.ones([64, 64]);
console.log(tf.matMul(x, x).dataSync()[0]);
