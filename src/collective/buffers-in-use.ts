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
  readonly start: number;
  readonly end: number;
  readonly writes: boolean;
  readonly label: string;
}

export class BuffersInUse {
  readonly #holds: Map<ArrayBufferLike, Set<Hold>> = new Map();

  /**
   * Takes the operands of an operation into use, all or none.
   * @param label the operation, for messages
   * @returns ends the use
   * @throws BufferInUseError when one overlaps with another one that is written, of any operation
   */
  hold(operands: readonly Operand[], label: string): () => void {
    const releases: (() => void)[] = [];
    const release = (): void => {
      for (const undo of releases) undo();
    };
    for (const operand of operands) {
      if (operand.array.byteLength === 0) continue;
      const taken = this.#overlapping(operand);
      if (taken !== undefined) {
        release();
        throw new BufferInUseError(operand.title, taken.label);
      }
      releases.push(this.#take(operand, label));
    }
    return release;
  }

  #overlapping({ array, writes }: Operand): Hold | undefined {
    const start = array.byteOffset;
    const end = start + array.byteLength;
    for (const hold of this.#holds.get(array.buffer) ?? [])
      if (hold.start < end && start < hold.end && (writes || hold.writes)) return hold;
    return undefined;
  }

  #take({ array, writes }: Operand, label: string): () => void {
    const { buffer, byteOffset, byteLength } = array;
    const hold = { start: byteOffset, end: byteOffset + byteLength, writes, label };
    const holds = this.#holds.get(buffer) ?? new Set();
    this.#holds.set(buffer, holds.add(hold));
    return () => {
      holds.delete(hold);
      if (holds.size === 0 && this.#holds.get(buffer) === holds) this.#holds.delete(buffer);
    };
  }
}
