/** A multilayer perceptron with one hidden layer of 128 rectified units. */
import * as tf from '@tensorflow/tfjs-core';
import { elementsOf } from '../data/table.ts';
import type { Model, ModelProblem } from './model.ts';

const HIDDEN = 128;

/** outputs = relu(x · hidden/kernel + hidden/bias) · output/kernel + output/bias. */
export function buildMlp({ shape, outputs }: ModelProblem): Model {
  const width = elementsOf(shape);
  return {
    parameters: [
      { name: 'hidden/kernel', shape: [width, HIDDEN], fanIn: width },
      { name: 'hidden/bias', shape: [HIDDEN] },
      { name: 'output/kernel', shape: [HIDDEN, outputs], fanIn: HIDDEN },
      { name: 'output/bias', shape: [outputs] },
    ],
    forward([hiddenKernel, hiddenBias, outputKernel, outputBias], x) {
      const rows = tf.reshape(x, [-1, width]);
      const hidden = tf.relu(tf.add(tf.matMul(rows, hiddenKernel as tf.Tensor2D), hiddenBias!));
      return tf.add(tf.matMul(hidden, outputKernel as tf.Tensor2D), outputBias!);
    },
  };
}
