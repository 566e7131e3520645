/** The gradient of the mean loss over a batch, from tfjs into a flat vector. */
import * as tf from '@tensorflow/tfjs-core';
import { assertInteger } from '../../proto/assert.ts';
import { ArgumentRangeError } from '../../proto/errors.ts';
import type { Layout } from '../gradient/index.ts';
import { fillBatch } from './data/dataset.ts';
import { expandTargets, meanLoss, outputsFor } from './loss.ts';
import type { Problem } from './problem.ts';

/**
 * Owns the buffers of one batch size; computes on whichever tfjs backend is current.
 *
 * A batch may be cut into micro-batches, one backward pass each, whose gradients are averaged in double
 * precision. That bounds the memory, and makes one process do exactly what ranks with that batch do.
 */
export class GradientComputer {
  readonly #problem: Problem;
  readonly #microBatch: number;
  readonly #parts: number;
  readonly #features: Float32Array;
  readonly #targets: Float32Array;
  readonly #expanded: Float32Array;
  /** Only where there are several parts. */
  readonly #sum: Float64Array;

  /**
   * @param microBatch samples of one backward pass; a divisor of `batch`, by default all of it
   * @throws ArgumentRangeError when it does not divide the batch
   */
  constructor(problem: Problem, batch: number, microBatch: number = batch) {
    assertInteger(batch, 'batch', 1);
    assertInteger(microBatch, 'microBatch', 1, batch);
    if (batch % microBatch !== 0)
      throw new ArgumentRangeError(
        `"microBatch" must divide the batch of ${batch} samples, got ${microBatch}`,
      );
    this.#problem = problem;
    this.#microBatch = microBatch;
    this.#parts = batch / microBatch;
    this.#features = new Float32Array(microBatch * problem.dataset.width);
    this.#targets = new Float32Array(microBatch);
    this.#expanded = new Float32Array(microBatch * outputsFor(problem.dataset));
    this.#sum = new Float64Array(this.#parts > 1 ? problem.layout.length : 0);
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
    if (this.#parts === 1) return this.#computePart(parameters, positions, gradient);
    const sum = this.#sum.fill(0);
    let loss = 0;
    for (let part = 0; part < this.#parts; part++) {
      const start = part * this.#microBatch;
      const slice = positions.subarray(start, start + this.#microBatch);
      loss += this.#computePart(parameters, slice, gradient) / this.#parts;
      for (let i = 0; i < sum.length; i++) sum[i]! += gradient[i]!;
    }
    for (let i = 0; i < sum.length; i++) gradient[i] = sum[i]! / this.#parts;
    return loss;
  }

  #computePart(parameters: Float32Array, positions: Uint32Array, gradient: Float32Array): number {
    const { dataset, loss, model, layout } = this.#problem;
    fillBatch(dataset, dataset.train, positions, this.#features, this.#targets);
    expandTargets(loss, this.#targets, this.#expanded);
    return tf.tidy(() => {
      const x = tf.tensor(this.#features, [this.#microBatch, ...dataset.shape]);
      const y = tf.tensor2d(this.#expanded, [this.#microBatch, outputsFor(dataset)]);
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
