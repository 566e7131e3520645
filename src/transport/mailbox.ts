/**
 * Who gets which message: the messages between two ranks that have arrived, and the receives that
 * wait for one. A receive names the source and the tag it takes, or leaves either open.
 *
 * An arrival goes to the receive posted first of those that take it, and a receive takes what arrived
 * first of what it may take. So messages of one source never overtake each other, and a source that
 * sends much cannot keep another one waiting: what has arrived before goes before.
 *
 * Cost: an arrival looks at four queues (source and tag each named or open); a receive that leaves
 * something open looks at the queues of all sources and tags from which messages are waiting.
 */

/** Stands for every source, or every tag. */
export const ANY = -1;

interface Posted<R> {
  readonly order: number;
  readonly source: number;
  readonly tag: number;
  readonly receive: R;
}

interface Arrived<A> {
  readonly order: number;
  readonly source: number;
  readonly tag: number;
  readonly arrival: A;
}

/** Queues by source and tag; one that runs empty is dropped. */
class Queues<T extends { readonly order: number; readonly source: number; readonly tag: number }> {
  readonly #bySource: Map<number, Map<number, T[]>> = new Map();

  push(item: T): void {
    let byTag = this.#bySource.get(item.source);
    if (byTag === undefined) this.#bySource.set(item.source, (byTag = new Map()));
    const queue = byTag.get(item.tag);
    if (queue === undefined) byTag.set(item.tag, [item]);
    else queue.push(item);
  }

  head(source: number, tag: number): T | undefined {
    return this.#bySource.get(source)?.get(tag)?.[0];
  }

  /** Removes the head of the queue that `item` is the head of. */
  shift(item: T): void {
    const byTag = this.#bySource.get(item.source)!;
    const queue = byTag.get(item.tag)!;
    if (queue.length > 1) queue.shift();
    else if (byTag.size > 1) byTag.delete(item.tag);
    else this.#bySource.delete(item.source);
  }

  /** The oldest item of the sources and tags that match, either of them possibly `ANY`. */
  oldest(source: number, tag: number): T | undefined {
    if (source !== ANY && tag !== ANY) return this.head(source, tag);
    let oldest: T | undefined;
    const sources = source === ANY ? this.#bySource.values() : [this.#bySource.get(source)];
    for (const byTag of sources)
      for (const [head] of tag === ANY ? (byTag?.values() ?? []) : [byTag?.get(tag) ?? []])
        if (head !== undefined && (oldest === undefined || head.order < oldest.order))
          oldest = head;
    return oldest;
  }

  hasSource(source: number): boolean {
    return this.#bySource.has(source);
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const byTag of this.#bySource.values()) for (const queue of byTag.values()) yield* queue;
  }
}

/** The receives `R` and arrivals `A` of one communicator that have not met yet. */
export class Mailbox<R, A> {
  readonly #posted: Queues<Posted<R>> = new Queues();
  readonly #arrived: Queues<Arrived<A>> = new Queues();
  #order = 0;

  /** A receive is there: takes the arrival it is for, or keeps the receive. */
  post(source: number, tag: number, receive: R): Arrived<A> | undefined {
    const found = this.#arrived.oldest(source, tag);
    if (found === undefined) this.#posted.push({ order: this.#order++, source, tag, receive });
    else this.#arrived.shift(found);
    return found;
  }

  /** A message is there or on its way: takes the receive it goes to, if there is one. */
  match(source: number, tag: number): R | undefined {
    let oldest: Posted<R> | undefined;
    for (const from of [source, ANY])
      for (const kind of [tag, ANY]) {
        const head = this.#posted.head(from, kind);
        if (head !== undefined && (oldest === undefined || head.order < oldest.order))
          oldest = head;
      }
    if (oldest !== undefined) this.#posted.shift(oldest);
    return oldest?.receive;
  }

  /** Keeps an arrival that `match` had nothing for. */
  keep(source: number, tag: number, arrival: A): void {
    this.#arrived.push({ order: this.#order++, source, tag, arrival });
  }

  /** Whether a receive waits for this source (`ANY`: for any). */
  waitsFor(source: number): boolean {
    return this.#posted.hasSource(source);
  }

  *receives(): Iterable<R> {
    for (const { receive } of this.#posted) yield receive;
  }

  arrivals(): Iterable<{ readonly source: number; readonly arrival: A }> {
    return this.#arrived;
  }
}
