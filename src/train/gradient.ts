/** The gradient of the mean loss over a batch, from tfjs into a flat vector. */
import * as tf from '@tensorflow/tfjs-core';
import type { Layout } from '../gradient/index.ts';
import { fillBatch } from './data/dataset.ts';
import { expandTargets, meanLoss, outputsFor } from './loss.ts';
import type { Problem } from './problem.ts';

/** Owns the buffers of one batch size; computes on whichever tfjs backend is current. */
export class GradientComputer {
  readonly #problem: Problem;
  readonly #features: Float32Array;
  readonly #targets: Float32Array;
  readonly #expanded: Float32Array;
  readonly #batch: number;

  constructor(problem: Problem, batch: number) {
    this.#problem = problem;
    this.#batch = batch;
    this.#features = new Float32Array(batch * problem.dataset.width);
    this.#targets = new Float32Array(batch);
    this.#expanded = new Float32Array(batch * outputsFor(problem.dataset));
  }

  /**
   * Synchronous; every tensor it makes is gone when it returns.
   *
   * @param parameters the flat parameter vector, laid out as `problem.layout`; not changed
   * @param positions `batch` positions among the training samples
   * @param gradient overwritten, laid out like `parameters`
   * @returns the mean loss over the batch
   */
  compute(parameters: Float32Array, positions: Uint32Array, gradient: Float32Array): number {
    const { dataset, loss, model, layout } = this.#problem;
    fillBatch(dataset, dataset.train, positions, this.#features, this.#targets);
    expandTargets(loss, this.#targets, this.#expanded);
    return tf.tidy(() => {
      const x = tf.tensor(this.#features, [this.#batch, ...dataset.shape]);
      const y = tf.tensor2d(this.#expanded, [this.#batch, outputsFor(dataset)]);
      const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) =>
        meanLoss(loss, model.forward(tensors, x), y),
      )(parameterTensors(layout, parameters));
      layout.tensors.forEach(({ offset }, i) => {
        gradient.set(grads[i]!.dataSync<'float32'>(), offset);
      });
      return value.dataSync<'float32'>()[0]!;
    });
  }
}

/** One tensor a slot of the layout. To be called inside `tf.tidy`: a backend may keep the memory it is given. */
export function parameterTensors(layout: Layout, parameters: Float32Array): tf.Tensor[] {
  return layout.tensors.map(({ shape, offset, length }) =>
    tf.tensor(parameters.subarray(offset, offset + length), [...shape]),
  );
}
