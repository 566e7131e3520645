/**
 * Addresses of a growing memory, handed out and taken back: first fit, neighbours that are free
 * merge. Vectors are few and large, so a list is enough.
 *
 * The memory may be shared with other threads that hand out addresses of their own, so an arena knows
 * nothing but the regions it was given, which need not touch.
 */

/** A range of bytes [start, end); from `cleanFrom` on they are as the memory was made: zero. */
interface Range {
  start: number;
  end: number;
  cleanFrom: number;
}

/** Bytes handed out. */
export interface Place {
  /** A multiple of 64. */
  readonly address: number;
  /** So many bytes from `address` on have been used before; the rest is zero. */
  readonly dirty: number;
}

const ALIGNMENT = 64;
/**
 * Room left behind every range: kernels read whole groups, and streams that lie a multiple of a page
 * apart slow each other down.
 */
const GAP = 1088;

/** Allocator of addresses; it does not touch the memory. */
export class Arena {
  #free: Range[] = [];
  readonly #used: Map<number, number> = new Map();

  /** Bytes that a region must have to hold an array of `bytes` wherever it begins. */
  static need(bytes: number): number {
    return bytes + GAP + ALIGNMENT;
  }

  /** Bytes [start, end) may be handed out from here on. @param isClean all of them are zero */
  extend(start: number, end: number, isClean = true): void {
    this.#release({ start, end, cleanFrom: isClean ? start : end });
  }

  /** Room for `bytes` bytes; undefined when no free range is long enough. */
  allocate(bytes: number): Place | undefined {
    const size = bytes + GAP;
    const hole = this.#free.find(({ start, end }) => end - aligned(start) >= size);
    if (hole === undefined) return undefined;
    const address = aligned(hole.start);
    const dirty = Math.max(0, Math.min(bytes, hole.cleanFrom - address));
    this.#used.set(address, address + size);
    hole.start = address + size;
    hole.cleanFrom = Math.max(hole.cleanFrom, hole.start);
    return { address, dirty };
  }

  /** Gives a range of `bytes` bytes away for good, until it comes back by `extend`. */
  cede(bytes: number): { readonly start: number; readonly end: number } | undefined {
    const place = this.allocate(bytes);
    if (place === undefined) return undefined;
    const end = this.#used.get(place.address)!;
    this.#used.delete(place.address);
    return { start: place.address, end };
  }

  /** Takes back what `allocate` gave. @returns false where there is nothing at this address */
  free(address: number): boolean {
    const end = this.#used.get(address);
    if (end === undefined) return false;
    this.#used.delete(address);
    this.#release({ start: address, end, cleanFrom: end });
    return true;
  }

  #release(range: Range): void {
    const merged: Range[] = [];
    for (const next of [...this.#free, range].toSorted((a, b) => a.start - b.start)) {
      const last = merged.at(-1);
      // Between two ranges there may be a few bytes of alignment, which belong to nobody.
      if (last === undefined || aligned(last.end) < next.start) {
        if (next.end > next.start) merged.push(next);
        continue;
      }
      if (next.cleanFrom > next.start) last.cleanFrom = next.cleanFrom;
      last.end = next.end;
    }
    this.#free = merged;
  }
}

function aligned(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}
