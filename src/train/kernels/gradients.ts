/**
 * Derivatives of the operations that the models are made of.
 *
 * tfjs-core differentiates what has a registered gradient, but its Node build registers none: only the
 * whole @tensorflow/tfjs package does, with WebGL, layers and converters, at several times the size.
 * The models need six. A gradient that is there already (because a program loads that package) is left
 * alone. Each function quotes the forward line it differentiates; dy is the derivative of the loss with
 * respect to y.
 */
import * as tf from '@tensorflow/tfjs-core';

/** Makes the models' operations differentiable on every backend. May be called again. */
export function registerGradients(): void {
  for (const gradient of GRADIENTS)
    if (!tf.getGradient(gradient.kernelName)) tf.registerGradient(gradient);
}

const GRADIENTS: readonly tf.GradConfig[] = [
  {
    // y = a + b, where the shape of either may have been broadcast to that of y
    kernelName: tf.Add,
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b]) => ({
      a: () => sumToShape(dy as tf.Tensor, a!.shape),
      b: () => sumToShape(dy as tf.Tensor, b!.shape),
    }),
  },
  {
    // y = x in another shape
    kernelName: tf.Reshape,
    inputsToSave: ['x'],
    gradFunc: (dy, [x]) => ({ x: () => tf.reshape(dy as tf.Tensor, x!.shape) }),
  },
  {
    // y = max(x, 0); the derivative at 0 is taken as 0
    kernelName: tf.Relu,
    inputsToSave: ['x'],
    gradFunc: (dy, [x]) => ({ x: () => tf.mul(dy as tf.Tensor, tf.step(x!)) }),
  },
  {
    // y = op(a) · op(b), op being the identity or the transpose
    kernelName: tf.BatchMatMul,
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b], attrs) =>
      matMulGradient(dy as tf.Tensor, a!, b!, attrs as unknown as tf.BatchMatMulAttrs),
  },
  {
    // y = x ∗ filter
    kernelName: tf.Conv2D,
    inputsToSave: ['x', 'filter'],
    gradFunc: (dy, [x, filter], attrs) => {
      const { strides, pad, dataFormat, dimRoundingMode } = attrs as unknown as tf.Conv2DAttrs;
      const shared = { strides, pad, dataFormat, dimRoundingMode };
      return {
        x: () =>
          runKernel(
            tf.Conv2DBackpropInput,
            { dy: dy as tf.Tensor, filter: filter! },
            { ...shared, inputShape: x!.shape },
          ),
        filter: () =>
          runKernel(
            tf.Conv2DBackpropFilter,
            { x: x!, dy: dy as tf.Tensor },
            { ...shared, filterShape: filter!.shape },
          ),
      };
    },
  },
  {
    // y = the maximum of each window of x
    kernelName: tf.MaxPool,
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, [x, y], attrs) => ({
      x: () => runKernel(tf.MaxPoolGrad, { dy: dy as tf.Tensor, input: x!, output: y! }, attrs),
    }),
  },
];

function runKernel(
  name: string,
  inputs: Record<string, tf.Tensor>,
  attrs: Record<string, unknown>,
): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attrs as unknown as tf.NamedAttrMap);
}

/** Undoes broadcasting: what was copied along an axis collects the derivatives of all copies. */
function sumToShape(dy: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, dy.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, shape);
}

function matMulGradient(
  dy: tf.Tensor,
  a: tf.Tensor,
  b: tf.Tensor,
  { transposeA, transposeB }: tf.BatchMatMulAttrs,
): Record<string, () => tf.Tensor> {
  return {
    // y = op(a) · op(b)  ⇒  d op(a) = dy · op(b)ᵀ
    a: () =>
      transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB),
    // y = op(a) · op(b)  ⇒  d op(b) = op(a)ᵀ · dy
    b: () =>
      transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false),
  };
}
