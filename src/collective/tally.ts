/** What the operations of a communicator have sent and received, and how long that took, by their names. */

/** Messages and their bytes, headers apart, that went to or came from other ranks. */
export interface MessageCount {
  messages: number;
  bytes: number;
}

/** Of all operations of one name. Times of operations in flight together overlap. */
export interface OperationStats {
  /** Operations that have ended, well or not. */
  operations: number;
  /** From their beginning on this rank to their end. */
  milliseconds: number;
  readonly sent: MessageCount;
  readonly received: MessageCount;
  /** Sum over sent messages: from the wish to send until the first byte may go, which takes a peer's grant or credit. */
  queueMilliseconds: number;
  /** Sum over sent messages: from then until the network has taken the last byte. */
  transferMilliseconds: number;
}

/** Names kept apart; programs may make up a name an operation. */
const MAX_NAMES = 500;
const OTHERS = 'others';

export class Tallies {
  readonly #byName: Map<string, OperationStats> = new Map();

  /** The one to count in. */
  of(name: string): OperationStats {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    if (this.#byName.size >= MAX_NAMES && name !== OTHERS) return this.of(OTHERS);
    const fresh = {
      ...{ operations: 0, milliseconds: 0, queueMilliseconds: 0, transferMilliseconds: 0 },
      sent: { messages: 0, bytes: 0 },
      received: { messages: 0, bytes: 0 },
    };
    this.#byName.set(name, fresh);
    return fresh;
  }

  /** A copy. */
  snapshot(): Record<string, OperationStats> {
    const copies = [...this.#byName].map(([name, stats]) => {
      const { sent, received } = stats;
      return [name, { ...stats, sent: { ...sent }, received: { ...received } }] as const;
    });
    return Object.fromEntries(copies);
  }
}
