/**
 * The gradient of a two-dimensional convolution with respect to its filter, composed of kernels that
 * every tfjs backend has. The wasm backend of tfjs 4.22 lacks `Conv2DBackpropFilter`, without which no
 * convolutional network trains on it.
 *
 * With x padded to x̂, strides (s, t) and dy of shape [N, H', W', D], tap (a, b) of the filter met input
 * x̂[n, s·i + a, t·j + b, c] wherever it contributed to y[n, i, j, d], so
 *
 *     dw[a, b, c, d] = Σ_{n,i,j} x̂[n, s·i + a, t·j + b, c] · dy[n, i, j, d]
 *
 * which is one strided slice and one matrix product, [N·H'·W', C]ᵀ × [N·H'·W', D], for each tap.
 * NHWC and dilation 1 only, as in the gradient that calls it.
 */
import * as tf from '@tensorflow/tfjs-core';
import { ArgumentRangeError } from '../../../proto/errors.ts';

/** Registers the kernel for a tfjs backend, unless that backend has one. */
export function registerConv2dBackpropFilter(backendName: string): void {
  if (tf.getKernel(tf.Conv2DBackpropFilter, backendName)) return;
  tf.registerKernel({
    kernelName: tf.Conv2DBackpropFilter,
    backendName,
    kernelFunc: ({ inputs, attrs }) =>
      conv2dBackpropFilter(
        inputs as unknown as { x: tf.Tensor4D; dy: tf.Tensor4D },
        attrs as unknown as tf.Conv2DBackpropFilterAttrs,
      ),
  });
}

/**
 * Computes dw of shape [filter height, filter width, C, D] from x [N, H, W, C] and dy [N, H', W', D].
 *
 * @throws ArgumentRangeError for a data format other than NHWC
 */
export function conv2dBackpropFilter(
  { x, dy }: { readonly x: tf.Tensor4D; readonly dy: tf.Tensor4D },
  { strides, pad, dataFormat, dimRoundingMode, filterShape }: tf.Conv2DBackpropFilterAttrs,
): tf.Tensor4D {
  if (dataFormat !== 'NHWC')
    throw new ArgumentRangeError(`"dataFormat" must be "NHWC", got ${JSON.stringify(dataFormat)}`);
  const info = tf.backend_util.computeConv2DInfo(
    x.shape,
    filterShape,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const { batchSize, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } =
    info;
  return tf.tidy(() => {
    const padded = padInput(x, info);
    const rows = batchSize * outHeight * outWidth;
    const dyRows = tf.reshape(dy, [rows, outChannels]);
    const taps: tf.Tensor2D[] = [];
    for (let a = 0; a < filterHeight; a++)
      for (let b = 0; b < filterWidth; b++) {
        const begin = [0, a, b, 0];
        const end = [
          batchSize,
          a + (outHeight - 1) * info.strideHeight + 1,
          b + (outWidth - 1) * info.strideWidth + 1,
          inChannels,
        ];
        const met = tf.stridedSlice(padded, begin, end, [
          1,
          info.strideHeight,
          info.strideWidth,
          1,
        ]);
        taps.push(tf.matMul(tf.reshape(met, [rows, inChannels]), dyRows, true));
      }
    return tf.reshape(tf.concat(taps), filterShape);
  });
}

/** Zeros around the image, so that no slice reaches outside: also at the far side. */
function padInput(x: tf.Tensor4D, info: tf.backend_util.Conv2DInfo): tf.Tensor4D {
  const { top, bottom, left, right } = info.padInfo;
  if (top + bottom + left + right === 0) return x;
  return tf.pad4d(x, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
}
