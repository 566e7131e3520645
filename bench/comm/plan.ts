/** What a rank of a measurement is told, and what it finds. */

export interface Plan {
  readonly bytes: number;
  readonly warmups: number;
  readonly iterations: number;
  /** The engine in a worker. */
  readonly worker: boolean;
  /** By the synchronous form. */
  readonly sync?: boolean;
  /** The vector is an ordinary array. */
  readonly heap?: boolean;
  /** Through an exchange with this codec. */
  readonly codec?: string;
  /** Computes for so long while the operation is under way. */
  readonly computeMs?: number;
  /** With certificates made for the run. */
  readonly tls?: boolean;
}

export interface Findings {
  /** Milliseconds of the slowest rank, by iteration. */
  readonly times: readonly number[];
  /** CPU milliseconds of rank 0, by iteration. */
  readonly cpu: readonly number[];
  /** Sent by rank 0 in all. */
  readonly sentBytes: number;
  /** Resident memory above that at the start, of the largest rank. */
  readonly residentBytes: number;
}
