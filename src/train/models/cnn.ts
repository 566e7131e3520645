/**
 * A small convolutional network: twice 3×3 convolution (16, then 32 channels), rectifier and 2×2 maximum
 * pooling; then one affine map. Samples that are no images are taken as square ones of one channel.
 */
import * as tf from '@tensorflow/tfjs-core';
import { ArgumentRangeError } from '../../../proto/errors.ts';
import { elementsOf } from '../data/table.ts';
import type { Model, ModelProblem } from './model.ts';

const CHANNELS = [16, 32] as const;
const SMALLEST_SIDE = 4;

/** @throws ArgumentRangeError when a sample is not an image of at least 4×4 */
export function buildCnn({ shape, outputs }: ModelProblem): Model {
  const [height, width, depth] = imageShape(shape);
  const [first, second] = CHANNELS;
  const flat = Math.floor(height / 4) * Math.floor(width / 4) * second;
  return {
    parameters: [
      { name: 'conv1/kernel', shape: [3, 3, depth, first], fanIn: 9 * depth },
      { name: 'conv1/bias', shape: [first] },
      { name: 'conv2/kernel', shape: [3, 3, first, second], fanIn: 9 * first },
      { name: 'conv2/bias', shape: [second] },
      { name: 'output/kernel', shape: [flat, outputs], fanIn: flat },
      { name: 'output/bias', shape: [outputs] },
    ],
    forward([kernel1, bias1, kernel2, bias2, outputKernel, outputBias], x) {
      const image = tf.reshape<tf.Rank.R4>(x, [-1, height, width, depth]);
      const half = convolve(image, kernel1!, bias1!);
      const quarter = convolve(half, kernel2!, bias2!);
      const rows = tf.reshape(quarter, [-1, flat]);
      return tf.add(tf.matMul(rows, outputKernel as tf.Tensor2D), outputBias!);
    },
  };
}

/** [n, h, w, c] ↦ [n, ⌊h/2⌋, ⌊w/2⌋, d]. */
function convolve(x: tf.Tensor4D, kernel: tf.Tensor, bias: tf.Tensor): tf.Tensor4D {
  const y = tf.add(tf.conv2d(x, kernel as tf.Tensor4D, 1, 'same'), bias);
  return tf.maxPool(tf.relu(y) as tf.Tensor4D, 2, 2, 'valid');
}

function imageShape(shape: readonly number[]): [number, number, number] {
  const [height = 0, width = 0, depth = 1] = shape;
  if (shape.length === 3 && height >= SMALLEST_SIDE && width >= SMALLEST_SIDE)
    return [height, width, depth];
  const side = Math.sqrt(elementsOf(shape));
  if (shape.length === 1 && Number.isInteger(side) && side >= SMALLEST_SIDE) return [side, side, 1];
  throw new ArgumentRangeError(
    `model cnn needs images of at least ${SMALLEST_SIDE}×${SMALLEST_SIDE} pixels, ` +
      `a sample here has the shape [${shape.join(', ')}]`,
  );
}
