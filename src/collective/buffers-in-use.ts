/**
 * Which memory the operations under way read and write. Two may read the same bytes; what one of them
 * writes belongs to it alone.
 */
import { BufferInUseError } from '../../proto/comm-errors.ts';
import type { NumericArray } from './numeric-array.ts';

/** A buffer that an operation is given. */
export interface Operand {
  readonly array: NumericArray;
  /** Name of the argument. */
  readonly title: string;
  readonly writes: boolean;
}

/** A run of bytes in use. */
interface Hold {
  readonly buffer: ArrayBufferLike;
  readonly start: number;
  readonly end: number;
  readonly writes: boolean;
  readonly label: string;
}

export class BuffersInUse {
  /** By buffer; few at a time, so lists are looked through. */
  readonly #holds: Map<ArrayBufferLike, Hold[]> = new Map();

  /**
   * Takes the operands of an operation into use, all or none.
   * @param label the operation, for messages
   * @returns ends the use
   * @throws BufferInUseError when one overlaps with another one that is written, of any operation
   */
  hold(operands: readonly Operand[], label: string): () => void {
    const held: Hold[] = [];
    for (const { array, title, writes } of operands) {
      const { buffer, byteOffset: start, byteLength } = array;
      if (byteLength === 0) continue;
      const hold = { buffer, start, end: start + byteLength, writes, label };
      const taken = this.#overlapping(hold);
      if (taken !== undefined) {
        this.#release(held);
        throw new BufferInUseError(title, taken.label);
      }
      held.push(hold);
      const others = this.#holds.get(buffer);
      if (others === undefined) this.#holds.set(buffer, [hold]);
      else others.push(hold);
    }
    return () => this.#release(held);
  }

  #overlapping({ buffer, start, end, writes }: Hold): Hold | undefined {
    return this.#holds
      .get(buffer)
      ?.find((hold) => hold.start < end && start < hold.end && (writes || hold.writes));
  }

  #release(held: readonly Hold[]): void {
    for (const hold of held) {
      const holds = this.#holds.get(hold.buffer)!;
      if (holds.length === 1) this.#holds.delete(hold.buffer);
      else holds.splice(holds.indexOf(hold), 1);
    }
  }
}
