/**
 * Seeded initial parameters, the same bits on every rank.
 *
 * Weights are uniform in ±√(6 ÷ fanIn): the variance 2 ÷ fanIn of He et al., "Delving Deep into
 * Rectifiers" (2015), section 2.2, without the logarithms and cosines of a normal draw, whose last bits
 * differ between platforms. Biases, and models that are convex, start at 0.
 */
import { SeededRandom } from '../random.ts';
import { elementsOf } from '../data/table.ts';
import type { Model } from './model.ts';

/** The flat parameter vector of a model: its tensors end to end, in order. */
export function initialParameters(model: Model, seed: number): Float32Array<ArrayBuffer> {
  const random = new SeededRandom(seed, 'weights');
  const lengths = model.parameters.map(({ shape }) => elementsOf(shape));
  const flat = new Float32Array(lengths.reduce((sum, length) => sum + length, 0));
  let offset = 0;
  model.parameters.forEach(({ fanIn }, i) => {
    const end = offset + lengths[i]!;
    if (fanIn !== undefined) {
      const bound = Math.sqrt(6 / fanIn);
      for (let j = offset; j < end; j++) flat[j] = bound * (2 * random.uniform() - 1);
    }
    offset = end;
  });
  return flat;
}
