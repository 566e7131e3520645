/**
 * Textbook versions of what src/train does, in double precision and with loops only: a two-layer
 * perceptron with its gradient, the filter gradient of a convolution, momentum SGD, and the mean over
 * ranks that run in one process.
 */
import type { GradientExchange } from '../../src/train/index.ts';

/** Parameters of a perceptron: [inputs][hidden], [hidden], [hidden][outputs], [outputs]. */
export interface Perceptron {
  readonly hiddenKernel: number[][];
  readonly hiddenBias: number[];
  readonly outputKernel: number[][];
  readonly outputBias: number[];
}

/** Cuts a flat vector (kernel, bias, kernel, bias; row-major) into a perceptron. */
export function toPerceptron(
  flat: Float32Array,
  inputs: number,
  hidden: number,
  outputs: number,
): Perceptron {
  const values = [...flat];
  const matrix = (rows: number, columns: number): number[][] =>
    Array.from({ length: rows }, () => values.splice(0, columns));
  return {
    hiddenKernel: matrix(inputs, hidden),
    hiddenBias: values.splice(0, hidden),
    outputKernel: matrix(hidden, outputs),
    outputBias: values.splice(0, outputs),
  };
}

/** The inverse of `toPerceptron`. */
export function flattenPerceptron(p: Perceptron): number[] {
  return [p.hiddenKernel, p.hiddenBias, p.outputKernel, p.outputBias].flat(2);
}

/** Mean softmax cross-entropy over (x, label) pairs, and its gradient. */
export function perceptronGradient(
  p: Perceptron,
  samples: readonly { readonly x: readonly number[]; readonly label: number }[],
): { loss: number; gradient: Perceptron } {
  const gradient: Perceptron = {
    hiddenKernel: p.hiddenKernel.map((row) => row.map(() => 0)),
    hiddenBias: p.hiddenBias.map(() => 0),
    outputKernel: p.outputKernel.map((row) => row.map(() => 0)),
    outputBias: p.outputBias.map(() => 0),
  };
  let loss = 0;
  for (const { x, label } of samples) {
    const before = p.hiddenBias.map((b, h) =>
      x.reduce((sum, value, i) => sum + value * p.hiddenKernel[i]![h]!, b),
    );
    const hidden = before.map((value) => Math.max(0, value));
    const logits = p.outputBias.map((b, o) =>
      hidden.reduce((sum, value, h) => sum + value * p.outputKernel[h]![o]!, b),
    );
    const top = Math.max(...logits);
    const total = logits.reduce((sum, value) => sum + Math.exp(value - top), 0);
    loss += (Math.log(total) + top - logits[label]!) / samples.length;
    const dLogits = logits.map(
      (value, o) => (Math.exp(value - top) / total - (o === label ? 1 : 0)) / samples.length,
    );
    dLogits.forEach((d, o) => {
      gradient.outputBias[o]! += d;
      hidden.forEach((value, h) => (gradient.outputKernel[h]![o]! += value * d));
    });
    before.forEach((value, h) => {
      if (value <= 0) return;
      const d = dLogits.reduce((sum, dLogit, o) => sum + dLogit * p.outputKernel[h]![o]!, 0);
      gradient.hiddenBias[h]! += d;
      x.forEach((input, i) => (gradient.hiddenKernel[i]![h]! += input * d));
    });
  }
  return { loss, gradient };
}

/** Sizes of a convolution in NHWC: x [n, h, w, c], filter [fh, fw, c, d], dy [n, oh, ow, d]. */
export interface ConvSizes {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly d: number;
  readonly fh: number;
  readonly fw: number;
  readonly oh: number;
  readonly ow: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly top: number;
  readonly left: number;
}

/** dw[a, b, c, d]: every product x·dy goes to the tap that made it in the forward pass. */
export function naiveFilterGradient(x: Float32Array, dy: Float32Array, s: ConvSizes): number[] {
  const dw = new Array<number>(s.fh * s.fw * s.c * s.d).fill(0);
  for (let n = 0; n < s.n; n++)
    for (let i = 0; i < s.oh; i++)
      for (let j = 0; j < s.ow; j++)
        for (let a = 0; a < s.fh; a++)
          for (let b = 0; b < s.fw; b++) {
            const row = i * s.strideH + a - s.top;
            const column = j * s.strideW + b - s.left;
            if (row < 0 || row >= s.h || column < 0 || column >= s.w) continue;
            for (let c = 0; c < s.c; c++)
              for (let d = 0; d < s.d; d++)
                dw[((a * s.fw + b) * s.c + c) * s.d + d]! +=
                  x[((n * s.h + row) * s.w + column) * s.c + c]! *
                  dy[((n * s.oh + i) * s.ow + j) * s.d + d]!;
          }
  return dw;
}

/** Momentum SGD on one number, in double precision: returns the positions after each gradient. */
export function naiveMomentum(
  start: number,
  gradients: readonly number[],
  rates: readonly number[],
  momentum: number,
  weightDecay: number,
): number[] {
  let x = start;
  let v = 0;
  return gradients.map((gradient, t) => {
    v = momentum * v + gradient + weightDecay * x;
    x -= rates[t]! * v;
    return x;
  });
}

/**
 * Exchanges for `size` ranks in one process: each waits until all have come, then all get the mean,
 * summed in double precision in rank order.
 */
export function createMemoryExchanges(size: number): GradientExchange[] {
  const arrived: { rank: number; gradient: Float32Array; release: () => void }[] = [];
  const allReduce = (rank: number) => (gradient: Float32Array) =>
    new Promise<void>((release) => {
      arrived.push({ rank, gradient, release });
      if (arrived.length < size) return;
      const all = arrived.splice(0).sort((a, b) => a.rank - b.rank);
      const mean = Float32Array.from(
        gradient,
        (_, i) => all.reduce((sum, { gradient: g }) => sum + g[i]!, 0) / size,
      );
      for (const { gradient: target } of all) target.set(mean);
      for (const { release: go } of all) go();
    });
  return Array.from({ length: size }, (_, rank) => ({ rank, size, allReduce: allReduce(rank) }));
}

/** Least squares by the normal equations and elimination with pivoting; the last coefficient is the bias. */
export function leastSquares(x: readonly (readonly number[])[], y: readonly number[]): number[] {
  const rows = x.map((row) => [...row, 1]);
  const width = rows[0]!.length;
  const system = Array.from({ length: width }, (_, i) => [
    ...Array.from({ length: width }, (__, j) => rows.reduce((sum, r) => sum + r[i]! * r[j]!, 0)),
    rows.reduce((sum, r, k) => sum + r[i]! * y[k]!, 0),
  ]);
  for (let i = 0; i < width; i++) {
    const best = system.slice(i).reduce((b, row, k) => {
      return Math.abs(row[i]!) > Math.abs(system[b]![i]!) ? i + k : b;
    }, i);
    [system[i], system[best]] = [system[best]!, system[i]!];
    for (let k = 0; k < width; k++) {
      if (k === i) continue;
      const factor = system[k]![i]! / system[i]![i]!;
      for (let j = i; j <= width; j++) system[k]![j]! -= factor * system[i]![j]!;
    }
  }
  return system.map((row, i) => row[width]! / row[i]!);
}
