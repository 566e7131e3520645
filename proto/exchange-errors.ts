/** Error classes of the exchange. */
import { GradwireError } from './errors.ts';

/** Ranks were started with settings that do not fit together. Thrown on all ranks, with both values. */
export class AgreementError extends GradwireError {
  /** The setting they disagree on. */
  readonly field: string;
  /** Its value on each rank, in rank order. */
  readonly values: readonly string[];

  constructor(field: string, values: readonly string[]) {
    const other = values.findIndex((value) => value !== values[0]);
    super(
      'GRADWIRE_AGREEMENT',
      `ranks disagree on ${field}: rank 0 has ${values[0]}, rank ${other} has ${values[other]}`,
    );
    this.field = field;
    this.values = values;
  }
}

/** After an exchange two ranks hold different bits: their replicas drift apart from here on. */
export class ReplicaMismatchError extends GradwireError {
  /** Step of the exchange, from 0. */
  readonly step: number;
  /** Hash of the result on each rank, in rank order. */
  readonly hashes: readonly number[];

  constructor(step: number, hashes: readonly number[]) {
    const other = hashes.findIndex((hash) => hash !== hashes[0]);
    super(
      'GRADWIRE_REPLICA_MISMATCH',
      `replicas differ after step ${step}: rank 0 holds hash ${hashes[0]!.toString(16)}, ` +
        `rank ${other} holds ${hashes[other]!.toString(16)}`,
    );
    this.step = step;
    this.hashes = hashes;
  }
}
