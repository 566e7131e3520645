/** Loss and accuracy over the held-out samples. */
import * as tf from '@tensorflow/tfjs-core';
import type { Dataset } from './data/dataset.ts';
import { fillBatch } from './data/dataset.ts';
import { parameterTensors } from './gradient.ts';
import type { LossSum } from './loss.ts';
import { addLosses } from './loss.ts';
import type { Problem } from './problem.ts';

/** What a model does on samples it was not trained on. */
export interface Evaluation {
  /** Mean over the samples, as `Problem.loss` defines it. */
  readonly loss: number;
  /** Share of samples whose most probable class is right; null for regression. */
  readonly accuracy: number | null;
}

/** Bounds the memory an evaluation takes; samples of one forward pass. */
const EVALUATION_BATCH = 512;

/**
 * Runs the model forward over all held-out samples. Losses are summed in double precision.
 *
 * @param parameters the flat parameter vector, laid out as `problem.layout`
 */
export function evaluate(problem: Problem, parameters: Float32Array): Evaluation {
  const { dataset, kind } = problem;
  const samples = dataset.test.rows.length;
  const sum: LossSum = { loss: 0, correct: 0 };
  for (let start = 0; start < samples; start += EVALUATION_BATCH) {
    const count = Math.min(EVALUATION_BATCH, samples - start);
    const targets = new Float32Array(count);
    const outputs = forward(problem, parameters, testBatch(dataset, start, targets));
    addLosses(problem.loss, outputs, targets, sum);
  }
  return {
    loss: sum.loss / samples,
    accuracy: kind === 'classification' ? sum.correct / samples : null,
  };
}

function testBatch(dataset: Dataset, start: number, targets: Float32Array): Float32Array {
  const positions = Uint32Array.from(targets, (_, i) => start + i);
  const features = new Float32Array(targets.length * dataset.width);
  fillBatch(dataset, dataset.test, positions, features, targets);
  return features;
}

function forward(problem: Problem, parameters: Float32Array, features: Float32Array): Float32Array {
  const { dataset, layout, model } = problem;
  return tf.tidy(() => {
    const x = tf.tensor(features, [features.length / dataset.width, ...dataset.shape]);
    return model.forward(parameterTensors(layout, parameters), x).dataSync<'float32'>();
  });
}
