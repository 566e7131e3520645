/**
 * The layout of a gradient: many named tensors laid end to end in one flat Float32Array, and the
 * cuts that turn the flat vector into buckets.
 *
 * Tensors keep the order in which they are given; nothing is padded, so tensor i starts where
 * tensor i - 1 ends. A bucket is a run of whole tensors that holds at most `bucketBytes`; a tensor
 * larger than that is a bucket of its own. Filling is greedy from the front, which gives the fewest
 * buckets any order-preserving cut can have.
 *
 * Flattening and unflattening copy between buffers the caller owns: they allocate no arrays, so they
 * can run every step. Cost: one pass over the elements.
 */
import { createHash } from 'node:crypto';
import { assertFloat32Array, assertInteger } from '../../proto/assert.ts';
import { ArgumentRangeError, ArgumentTypeError } from '../../proto/errors.ts';

/** Upper bound of a bucket in bytes unless the caller says otherwise (4 MiB). */
export const DEFAULT_BUCKET_BYTES: number = 4 * 1024 * 1024;

/** A tensor to be laid out. A scalar has the shape `[]`. */
export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Where a tensor lies in the flat vector. `offset` and `length` count elements. */
export interface TensorSlot extends TensorShape {
  readonly offset: number;
  readonly length: number;
}

/** A run of whole tensors exchanged as one unit. `offset` and `length` count elements. */
export interface Bucket {
  readonly index: number;
  readonly offset: number;
  readonly length: number;
  /** The tensors inside, in order. */
  readonly tensors: readonly TensorSlot[];
}

/** Tensors by name, as flat row-major arrays. */
export type NamedArrays = Readonly<Record<string, Float32Array>>;

/** Immutable description of a flattened gradient. Equal tensors and limits give equal digests. */
export class Layout {
  /** In flat order, without gaps. */
  readonly tensors: readonly TensorSlot[];
  /** They cover the flat vector without gaps and end at tensor boundaries. */
  readonly buckets: readonly Bucket[];
  /** Elements of the flat vector. */
  readonly length: number;
  /**
   * 32 hexadecimal digits over names, shapes, order and bucket boundaries (SHA-256, cut to 128
   * bits). Ranks that disagree on it cannot exchange gradients.
   */
  readonly digest: string;
  /** At most so many bytes are in a bucket of several tensors. */
  readonly bucketBytes: number;
  readonly #byName: ReadonlyMap<string, TensorSlot>;

  /**
   * @param tensors names must be distinct and not empty; shapes hold integers ≥ 0
   * @param options `bucketBytes`: at most so many bytes in a bucket of several tensors (≥ 4)
   * @throws ArgumentRangeError for a repeated or empty name, a bad shape or a bad limit
   */
  constructor(tensors: readonly TensorShape[], options: { readonly bucketBytes?: number } = {}) {
    const bucketBytes = options.bucketBytes ?? DEFAULT_BUCKET_BYTES;
    assertInteger(bucketBytes, 'bucketBytes', Float32Array.BYTES_PER_ELEMENT);
    this.tensors = placeTensors(tensors);
    this.#byName = new Map(this.tensors.map((slot) => [slot.name, slot]));
    this.length = this.tensors.reduce((sum, slot) => sum + slot.length, 0);
    this.bucketBytes = bucketBytes;
    this.buckets = cutBuckets(this.tensors, bucketBytes / Float32Array.BYTES_PER_ELEMENT);
    this.digest = digestOf(this.tensors, this.buckets);
  }

  /** @throws ArgumentRangeError when no tensor has that name; the message lists those that exist */
  slot(name: string): TensorSlot {
    const slot = this.#byName.get(name);
    if (slot) return slot;
    throw new ArgumentRangeError(
      `no tensor named ${JSON.stringify(name)} in this layout; there are ` +
        this.tensors.map((tensor) => tensor.name).join(', '),
    );
  }

  /** A zeroed flat vector of the right length. */
  allocate(): Float32Array<ArrayBuffer> {
    return new Float32Array(this.length);
  }

  /**
   * Copies every tensor to its place in `flat`, which is returned.
   *
   * @param named exactly the tensors of the layout, each of its length
   * @throws ArgumentTypeError or ArgumentRangeError before anything is written
   */
  flatten(named: NamedArrays, flat: Float32Array): Float32Array {
    this.#check(named, flat);
    for (const slot of this.tensors) flat.set(named[slot.name]!, slot.offset);
    return flat;
  }

  /**
   * Copies every tensor out of `flat` into the arrays of `named`, which is returned.
   *
   * @param named exactly the tensors of the layout, each of its length; overwritten
   * @throws ArgumentTypeError or ArgumentRangeError before anything is written
   */
  unflatten<Named extends NamedArrays>(flat: Float32Array, named: Named): Named {
    this.#check(named, flat);
    for (const slot of this.tensors) {
      const target = named[slot.name]!;
      for (let i = 0; i < slot.length; i++) target[i] = flat[slot.offset + i]!;
    }
    return named;
  }

  /** Windows into `flat`, one a tensor: writing through them changes `flat`. Make them once. */
  views(flat: Float32Array): Record<string, Float32Array> {
    this.#checkFlat(flat);
    return Object.fromEntries(
      this.tensors.map(({ name, offset, length }) => [
        name,
        flat.subarray(offset, offset + length),
      ]),
    );
  }

  /** Windows into `flat`, one a bucket, in bucket order. Make them once. */
  bucketViews(flat: Float32Array): Float32Array[] {
    this.#checkFlat(flat);
    return this.buckets.map(({ offset, length }) => flat.subarray(offset, offset + length));
  }

  #checkFlat(flat: Float32Array): void {
    assertFloat32Array(flat, 'flat');
    if (flat.length !== this.length)
      throw new ArgumentRangeError(
        `"flat" has ${flat.length} elements, this layout has ${this.length}`,
      );
  }

  #check(named: NamedArrays, flat: Float32Array): void {
    this.#checkFlat(flat);
    for (const slot of this.tensors) {
      const array = named[slot.name];
      if (array === undefined)
        throw new ArgumentTypeError(`tensor ${JSON.stringify(slot.name)} is missing`);
      assertFloat32Array(array, slot.name);
      if (array.length !== slot.length)
        throw new ArgumentRangeError(
          `tensor ${JSON.stringify(slot.name)} has ${array.length} elements, ` +
            `its shape [${slot.shape.join(', ')}] has ${slot.length}`,
        );
    }
    for (const name in named) this.slot(name);
  }
}

function placeTensors(tensors: readonly TensorShape[]): TensorSlot[] {
  const names = new Set<string>();
  let offset = 0;
  return tensors.map(({ name, shape }) => {
    if (name === '' || names.has(name))
      throw new ArgumentRangeError(
        name === '' ? 'a tensor needs a name' : `two tensors are named ${JSON.stringify(name)}`,
      );
    names.add(name);
    for (const side of shape) assertInteger(side, `shape of ${name}`, 0);
    const length = shape.reduce((product, side) => product * side, 1);
    const slot: TensorSlot = Object.freeze({ name, shape: [...shape], offset, length });
    offset += length;
    return slot;
  });
}

function cutBuckets(slots: readonly TensorSlot[], limit: number): Bucket[] {
  const groups: TensorSlot[][] = [];
  let used = 0;
  for (const slot of slots) {
    const group = groups.at(-1);
    if (group && used + slot.length <= limit) group.push(slot);
    else {
      groups.push([slot]);
      used = 0;
    }
    used += slot.length;
  }
  return groups.map((tensors, index) => {
    const offset = tensors[0]!.offset;
    const last = tensors.at(-1)!;
    return Object.freeze({ index, offset, length: last.offset + last.length - offset, tensors });
  });
}

function digestOf(slots: readonly TensorSlot[], buckets: readonly Bucket[]): string {
  const text = JSON.stringify([
    'layout-1',
    slots.map(({ name, shape }) => [name, shape]),
    buckets.map(({ offset, length }) => offset + length),
  ]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
