/**
 * Addresses of a growing memory, handed out and taken back: first fit, neighbours that are free
 * merge. Vectors are few and large, so a list is enough.
 */

/** A range of bytes [start, end). */
interface Range {
  start: number;
  end: number;
}

const ALIGNMENT = 64;
/**
 * Room left behind every range: kernels read whole groups, and streams that lie a multiple of a page
 * apart slow each other down.
 */
const GAP = 1088;

/** Allocator of addresses from `base` on; it does not touch the memory. */
export class Arena {
  readonly #free: Range[] = [];
  readonly #used: Map<number, number> = new Map();
  #end: number;

  constructor(base: number) {
    this.#end = base;
  }

  /** First byte that was never handed out: the memory must reach as far. */
  get end(): number {
    return this.#end;
  }

  /** Address of `bytes` bytes, a multiple of 64. */
  allocate(bytes: number): number {
    const size = bytes + GAP;
    const hole = this.#free.find(({ start, end }) => end - aligned(start) >= size);
    const start = aligned(hole ? hole.start : this.#end);
    const end = start + size;
    if (hole) hole.start = end;
    else this.#end = end;
    this.#used.set(start, end);
    return start;
  }

  /** Takes back what `allocate` gave. @returns false where there is nothing at this address */
  free(start: number): boolean {
    const end = this.#used.get(start);
    if (end === undefined) return false;
    this.#used.delete(start);
    this.#free.push({ start, end });
    this.#merge();
    return true;
  }

  #merge(): void {
    const ranges = this.#free.splice(0).toSorted((a, b) => a.start - b.start);
    for (const range of ranges) {
      const last = this.#free.at(-1);
      // Between ranges there may be a few bytes of alignment, which belong to nobody.
      if (last && aligned(last.end) >= range.start) last.end = range.end;
      else if (range.end > range.start) this.#free.push(range);
    }
    const last = this.#free.at(-1);
    if (last && aligned(last.end) >= this.#end) {
      this.#end = last.start;
      this.#free.pop();
    }
  }
}

function aligned(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}
