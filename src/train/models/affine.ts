/** One affine map: linear regression for numbers, logistic (softmax) regression for classes. Starts at 0. */
import * as tf from '@tensorflow/tfjs-core';
import { elementsOf } from '../data/table.ts';
import type { Model, ModelProblem } from './model.ts';

/** outputs = x · kernel + bias. */
export function buildAffine({ shape, outputs }: ModelProblem): Model {
  const width = elementsOf(shape);
  return {
    parameters: [
      { name: 'kernel', shape: [width, outputs] },
      { name: 'bias', shape: [outputs] },
    ],
    forward([kernel, bias], x) {
      const rows = tf.reshape(x, [-1, width]);
      return tf.add(tf.matMul(rows, kernel as tf.Tensor2D), bias!);
    },
  };
}
