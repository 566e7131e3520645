/** What a model is to the trainer: parameter shapes with their initialisation, and a forward pass. */
import type * as tf from '@tensorflow/tfjs-core';
import type { TensorShape } from '../../gradient/index.ts';
import type { ProblemKind } from '../data/dataset.ts';

/** What a model is built for. */
export interface ModelProblem {
  readonly kind: ProblemKind;
  /** Of one sample: `[features]`, or `[height, width, channels]`. */
  readonly shape: readonly number[];
  /** Outputs a sample: 1 for a number or for the log-odds of two classes, else one a class. */
  readonly outputs: number;
}

/** One parameter tensor. Without `fanIn` it starts at 0. */
export interface ParameterShape extends TensorShape {
  /** Inputs summed into one unit: starts at He's variance 2 ÷ fanIn. */
  readonly fanIn?: number;
}

/** A family of functions x ↦ outputs, parametrised by named tensors. */
export interface Model {
  readonly parameters: readonly ParameterShape[];
  /**
   * @param parameters in the order of `this.parameters`
   * @param x [batch, ...shape of a sample]
   * @returns of shape [batch, outputs], log-odds (logits) for classes, values for numbers
   */
  forward(parameters: readonly tf.Tensor[], x: tf.Tensor): tf.Tensor2D;
}

/** Makes a model for a problem. */
export interface ModelDefinition {
  /** Kinds of problem the model can learn. */
  readonly kinds: readonly ProblemKind[];
  /** @throws ArgumentRangeError when the shape of a sample does not suit the model */
  build(problem: ModelProblem): Model;
}
