/** A bidirectional byte stream between two ranks: what a connection needs from a network. */

/** Takes what arrives on a pipe. */
export interface PipeReader {
  /** Where the next bytes are to be read; at least one byte long. */
  nextBuffer(): Uint8Array;
  /** `count` bytes were read into what `nextBuffer` returned last. */
  advance(count: number): void;
  /** Bytes that were read elsewhere; valid during the call only. */
  push(bytes: Uint8Array): void;
  /** No byte will follow. `cause` tells why where the stream did not end in order. Called once. */
  ended(cause?: Error): void;
  /** Both directions are closed and all resources released. Called once, after `ended`. */
  closed(): void;
}

/** A reliable, ordered byte stream in both directions. */
export interface Pipe {
  /** The far end, for messages. */
  readonly remote: string;
  /** Bytes handed to the network so far, waiting ones included. */
  readonly bytesWritten: number;
  /** Bytes taken from the network so far. */
  readonly bytesRead: number;
  /** Begins to read. Called once. */
  start(reader: PipeReader): void;
  /**
   * Queues `parts` in order. `flushed` is called once the bytes may be changed again; not at all when the
   * pipe breaks before (its reader then hears `ended`).
   */
  write(parts: readonly Uint8Array[], flushed?: () => void): void;
  /** Ends this direction after everything queued; the other one goes on. */
  end(): void;
  /** Releases everything at once; queued bytes may be lost. */
  destroy(): void;
}
