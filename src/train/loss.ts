/**
 * The three losses, each twice: as tfjs operations for gradients, and in double precision on plain arrays
 * for evaluation. Means over the batch, so that the mean over ranks of equal batches is the loss of the
 * global batch.
 *
 * - mean squared error, for numbers: (z − t)²
 * - logistic, for two classes and one output: softplus(z) − t·z, which is −log of the probability that
 *   sigmoid(z) gives class t
 * - softmax cross-entropy, for more classes: log Σ_k exp z_k − z_t
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Dataset } from './data/dataset.ts';

/** Which loss a problem has. */
export type LossName = 'squared' | 'logistic' | 'softmax';

/** Outputs a model needs for a dataset: one for numbers and for two classes, else one a class. */
export function outputsFor({ kind, classes }: Dataset): number {
  return kind === 'regression' || classes.length === 2 ? 1 : classes.length;
}

/** The loss of a dataset. */
export function lossFor({ kind, classes }: Dataset): LossName {
  if (kind === 'regression') return 'squared';
  return classes.length === 2 ? 'logistic' : 'softmax';
}

/**
 * The mean loss as a differentiable scalar, its derivative in closed form: prediction − target, over the
 * batch size (twice that for the squared error), where a prediction is z, sigmoid(z) or softmax(z).
 *
 * @param outputs [batch, outputs]
 * @param targets [batch, outputs] as `expandTargets` makes them
 */
export function meanLoss(name: LossName, outputs: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const { value, predict, factor } = LOSSES[name];
  const batch = outputs.shape[0];
  const loss = tf.customGrad((z, save) => {
    const logits = z as tf.Tensor2D;
    (save as tf.GradSaveFunc)([logits]);
    return {
      value: tf.div(tf.sum(value(logits, targets)), batch),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) =>
        tf.mul(dy, tf.mul(tf.sub(predict(saved as tf.Tensor2D), targets), factor / batch)),
    };
  });
  return loss(outputs) as tf.Scalar;
}

interface Loss {
  /** Losses to be summed over all elements. */
  readonly value: (z: tf.Tensor2D, target: tf.Tensor2D) => tf.Tensor;
  readonly predict: (z: tf.Tensor2D) => tf.Tensor;
  readonly factor: number;
}

const LOSSES: Readonly<Record<LossName, Loss>> = {
  squared: { value: (z, t) => tf.square(tf.sub(z, t)), predict: (z) => z, factor: 2 },
  logistic: {
    value: (z, t) => tf.sub(tf.softplus(z), tf.mul(z, t)),
    predict: (z) => tf.sigmoid(z),
    factor: 1,
  },
  softmax: {
    value: (z, t) => tf.neg(tf.mul(t, tf.logSoftmax(z))),
    predict: (z) => tf.softmax(z),
    factor: 1,
  },
};

/** Targets as the outputs are laid out: class indices become rows with a single 1. */
export function expandTargets(name: LossName, targets: Float32Array, out: Float32Array): void {
  if (name !== 'softmax') {
    out.set(targets);
    return;
  }
  const classes = out.length / targets.length;
  out.fill(0);
  for (let i = 0; i < targets.length; i++) out[i * classes + targets[i]!] = 1;
}

/** Sums over the samples of one batch of outputs. */
export interface LossSum {
  loss: number;
  /** Samples whose most probable class is right; stays 0 for numbers. */
  correct: number;
}

/**
 * Adds the losses of a batch to `sum`, in double precision.
 *
 * @param outputs batch × width values
 * @param targets one a sample: class index or value
 */
export function addLosses(
  name: LossName,
  outputs: Float32Array,
  targets: Float32Array,
  sum: LossSum,
): void {
  const width = outputs.length / targets.length;
  for (let i = 0; i < targets.length; i++) {
    const target = targets[i]!;
    if (name === 'softmax') addSoftmax(outputs, i * width, width, target, sum);
    else if (name === 'logistic') addLogistic(outputs[i]!, target, sum);
    else sum.loss += (outputs[i]! - target) ** 2;
  }
}

function addLogistic(z: number, target: number, sum: LossSum): void {
  sum.loss += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - target * z;
  if (z > 0 === (target === 1)) sum.correct++;
}

function addSoftmax(
  outputs: Float32Array,
  start: number,
  width: number,
  target: number,
  sum: LossSum,
): void {
  let best = 0;
  for (let k = 1; k < width; k++) if (outputs[start + k]! > outputs[start + best]!) best = k;
  const largest = outputs[start + best]!;
  let exponentials = 0;
  for (let k = 0; k < width; k++) exponentials += Math.exp(outputs[start + k]! - largest);
  sum.loss += largest + Math.log(exponentials) - outputs[start + target]!;
  if (best === target) sum.correct++;
}
