/** Snapshots of an exchange: a sealed protobuf message (proto/checkpoint.proto, ExchangeSnapshot). */
import { SnapshotError } from '../../proto/errors.ts';
import { gradwirecheckpoint as messages } from '../../proto/generated/checkpoint.js';
import { CHECKPOINT_FORMAT_VERSION, isSealed, seal } from '../../proto/seal.ts';
import type { ExchangeCounts } from './meter.ts';

/** What a unit holds back. */
export interface UnitState {
  readonly spec: string;
  readonly algorithm: string;
  readonly residuals: readonly Float32Array[];
}

/** What a snapshot holds. */
export interface ExchangeState {
  readonly spec: string;
  readonly rank: number;
  readonly size: number;
  readonly seed: number;
  /** Digest of the layout; empty before there is one. */
  readonly layout: string;
  /** Elements of the gradient. */
  readonly length: number;
  /** Exchanges so far. */
  readonly step: number;
  readonly totals: ExchangeCounts;
  readonly units: readonly UnitState[];
}

/** Serialises a snapshot. */
export function writeExchangeSnapshot(state: ExchangeState): Uint8Array {
  const { totals, units, ...rest } = state;
  const { stageMilliseconds: stages, steps: _steps, ...counts } = totals;
  const message = messages.ExchangeSnapshot.encode({
    formatVersion: CHECKPOINT_FORMAT_VERSION,
    ...rest,
    totals: {
      ...counts,
      encodeMilliseconds: stages.encode,
      waitMilliseconds: stages.wait,
      transferMilliseconds: stages.transfer,
      decodeMilliseconds: stages.decode,
    },
    units: units.map((unit) => ({ ...unit, residuals: unit.residuals.map(bytesOf) })),
  }).finish();
  return seal(message);
}

/**
 * Reads a snapshot; whether it is the right one is for the caller to see.
 * @throws SnapshotError when it is damaged or of another format version
 */
export function readExchangeSnapshot(bytes: Uint8Array): ExchangeState {
  if (!isSealed(bytes))
    throw new SnapshotError('exchange snapshot is damaged: the checksum does not match');
  const message = decodeMessage(bytes);
  if (message.formatVersion !== CHECKPOINT_FORMAT_VERSION)
    throw new SnapshotError(
      `exchange snapshot has format version ${message.formatVersion}, ` +
        `this library reads ${CHECKPOINT_FORMAT_VERSION}`,
    );
  if (!Number.isSafeInteger(message.step) || message.step < 0)
    throw new SnapshotError(`exchange snapshot is damaged: its step is ${message.step}`);
  const { spec, rank, size, seed, layout, length, step, units } = message;
  return {
    ...{ spec, rank, size, seed, layout, length, step },
    totals: countsOf(message),
    units: units.map((unit) => ({
      spec: unit.spec ?? '',
      algorithm: unit.algorithm ?? '',
      residuals: (unit.residuals ?? []).map(floatsOf),
    })),
  };
}

function decodeMessage(bytes: Uint8Array): messages.ExchangeSnapshot {
  try {
    return messages.ExchangeSnapshot.decode(bytes);
  } catch (cause) {
    throw new SnapshotError('exchange snapshot is damaged: not a valid protobuf message', {
      cause,
    });
  }
}

function countsOf({ totals, step }: messages.ExchangeSnapshot): ExchangeCounts {
  const count = (value: number | null | undefined): number => {
    const number = value ?? 0;
    if (Number.isFinite(number) && number >= 0) return number;
    throw new SnapshotError(`exchange snapshot is damaged: it counts ${number}`);
  };
  return {
    steps: step,
    encodedBytes: count(totals?.encodedBytes),
    encodedElements: count(totals?.encodedElements),
    payloadBytes: count(totals?.payloadBytes),
    framingBytes: count(totals?.framingBytes),
    socketBytes: count(totals?.socketBytes),
    saturated: count(totals?.saturated),
    stageMilliseconds: {
      encode: count(totals?.encodeMilliseconds),
      wait: count(totals?.waitMilliseconds),
      transfer: count(totals?.transferMilliseconds),
      decode: count(totals?.decodeMilliseconds),
    },
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function floatsOf(bytes: Uint8Array): Float32Array {
  if (bytes.length % 4 !== 0)
    throw new SnapshotError(
      `exchange snapshot is damaged: a residual of ${bytes.length} bytes is no float32`,
    );
  const values = new Float32Array(bytes.length / 4);
  new Uint8Array(values.buffer).set(bytes);
  if (!values.every(Number.isFinite))
    throw new SnapshotError('exchange snapshot is damaged: a residual is not finite');
  return values;
}
