/**
 * Stochastic gradient descent with heavy-ball momentum and weight decay, on the flat parameter vector:
 *
 *     g ← mean gradient + λ·x        v ← β·v + g        x ← x − η·v
 *
 * (Polyak 1964 in the form of Sutskever et al. 2013, with the learning rate outside the velocity, so
 * that a change of η acts at once.) It runs after the exchange, on the mean over ranks: parameters
 * and velocities are the same bits on every rank because their inputs are. No tfjs, no allocation.
 */
import { assertFinite, assertFloat32Array } from '../../proto/assert.ts';
import { ArgumentRangeError } from '../../proto/errors.ts';

/** β in [0, 1) and λ ≥ 0; both default to 0. */
export interface MomentumOptions {
  readonly momentum?: number;
  readonly weightDecay?: number;
}

/** Holds the velocity between steps. */
export class MomentumSgd {
  readonly #momentum: number;
  readonly #weightDecay: number;
  readonly #velocity: Float32Array;

  /** @throws ArgumentRangeError when β or λ is out of range */
  constructor(length: number, options: MomentumOptions = {}) {
    this.#momentum = options.momentum ?? 0;
    this.#weightDecay = options.weightDecay ?? 0;
    assertFinite(this.#momentum, 'momentum');
    assertFinite(this.#weightDecay, 'weightDecay');
    if (this.#momentum < 0 || this.#momentum >= 1)
      throw new ArgumentRangeError(`"momentum" must be in [0, 1), got ${this.#momentum}`);
    if (this.#weightDecay < 0)
      throw new ArgumentRangeError(`"weightDecay" must not be negative, got ${this.#weightDecay}`);
    this.#velocity = new Float32Array(length);
  }

  /** All that earlier steps left behind, laid out like the parameters. Writing to it changes the run. */
  get velocity(): Float32Array {
    return this.#velocity;
  }

  /**
   * Updates `parameters` in place.
   *
   * @param gradient the mean over ranks; not changed
   * @returns the index of the first parameter that is no longer finite, or −1
   */
  step(parameters: Float32Array, gradient: Float32Array, learningRate: number): number {
    assertFloat32Array(parameters, 'parameters');
    assertFloat32Array(gradient, 'gradient');
    const velocity = this.#velocity;
    if (parameters.length !== velocity.length || gradient.length !== velocity.length)
      throw new ArgumentRangeError(
        `optimiser for ${velocity.length} parameters got ${parameters.length} parameters ` +
          `and ${gradient.length} gradient elements`,
      );
    const momentum = this.#momentum;
    const weightDecay = this.#weightDecay;
    // A finite number times 0 is 0; NaN and infinities leave NaN behind.
    let trace = 0;
    for (let i = 0; i < velocity.length; i++) {
      const x = parameters[i]!;
      const v = Math.fround(momentum * velocity[i]! + gradient[i]! + weightDecay * x);
      const next = Math.fround(x - learningRate * v);
      velocity[i] = v;
      parameters[i] = next;
      trace += next * 0;
    }
    return trace === 0 ? -1 : parameters.findIndex((value) => !Number.isFinite(value));
  }
}
