/** The three messages of a checkpoint (proto/checkpoint.proto): bytes to plain values and back. */
import { gradwirecheckpoint as messages } from '../../../proto/generated/checkpoint.js';
import { CHECKPOINT_FORMAT_VERSION, isSealed, seal } from '../../../proto/seal.ts';
import { CheckpointError } from '../errors.ts';

/** An evaluation; see `HistoryEntry`. */
export interface EvaluationState {
  readonly step: number;
  readonly epoch: number;
  readonly seconds: number;
  readonly wireBytes: number;
  readonly loss: number;
  readonly accuracy: number | null;
}

/** What is equal on all ranks, and the evaluations, which rank 0 makes. */
export interface ModelState {
  readonly step: number;
  readonly parameters: Float32Array;
  readonly velocity: Float32Array;
  readonly history: readonly EvaluationState[];
}

/** What differs from rank to rank. */
export interface RankState {
  readonly step: number;
  readonly rank: number;
  /** Snapshot of the exchange; empty where it keeps nothing. */
  readonly exchange: Uint8Array;
  readonly milliseconds: number;
  readonly times: {
    readonly compute: number;
    readonly exchange: number;
    readonly update: number;
    readonly evaluate: number;
  };
}

/** A file of a checkpoint, as its manifest knows it. */
export interface Part {
  readonly name: string;
  readonly bytes: number;
  /** SHA-256, 64 hexadecimal digits. */
  readonly digest: string;
}

/** What makes files a checkpoint. */
export interface Manifest {
  readonly step: number;
  /** What a run must have in common with this one to go on from it. */
  readonly settings: Readonly<Record<string, string>>;
  readonly parts: readonly Part[];
}

/** Bytes of a model's part. */
export function writeModel({ step, parameters, velocity, history }: ModelState): Uint8Array {
  const message = messages.CheckpointModel.encode({
    formatVersion: CHECKPOINT_FORMAT_VERSION,
    step,
    parameters: bytesOf(parameters),
    velocity: bytesOf(velocity),
    history: [...history],
  });
  return seal(message.finish());
}

/** @throws CheckpointError when it is damaged or of another version; `path` is for the message */
export function readModel(bytes: Uint8Array, path: string): ModelState {
  const message = open(messages.CheckpointModel, bytes, path);
  const history = message.history.map((entry) => ({
    step: entry.step ?? 0,
    epoch: entry.epoch ?? 0,
    seconds: entry.seconds ?? 0,
    wireBytes: entry.wireBytes ?? 0,
    loss: entry.loss ?? 0,
    accuracy: entry.accuracy ?? null,
  }));
  const parameters = floatsOf(message.parameters);
  return { step: message.step, parameters, velocity: floatsOf(message.velocity), history };
}

/** Bytes of a rank's part. */
export function writeRank({ step, rank, exchange, milliseconds, times }: RankState): Uint8Array {
  const message = messages.CheckpointRank.encode({
    formatVersion: CHECKPOINT_FORMAT_VERSION,
    step,
    rank,
    exchange,
    milliseconds,
    computeMilliseconds: times.compute,
    exchangeMilliseconds: times.exchange,
    updateMilliseconds: times.update,
    evaluateMilliseconds: times.evaluate,
  });
  return seal(message.finish());
}

/** @throws CheckpointError when it is damaged or of another version; `path` is for the message */
export function readRank(bytes: Uint8Array, path: string): RankState {
  const message = open(messages.CheckpointRank, bytes, path);
  const { step, rank, exchange, milliseconds } = message;
  return {
    ...{ step, rank, exchange, milliseconds },
    times: {
      compute: message.computeMilliseconds,
      exchange: message.exchangeMilliseconds,
      update: message.updateMilliseconds,
      evaluate: message.evaluateMilliseconds,
    },
  };
}

/** Bytes of a manifest. */
export function writeManifest({ step, settings, parts }: Manifest): Uint8Array {
  const message = messages.CheckpointManifest.encode({
    formatVersion: CHECKPOINT_FORMAT_VERSION,
    step,
    settings: Object.entries(settings).map(([name, value]) => ({ name, value })),
    parts: parts.map(({ name, bytes, digest }) => ({
      ...{ name, bytes },
      digest: Buffer.from(digest, 'hex'),
    })),
  });
  return seal(message.finish());
}

/** @throws CheckpointError when it is damaged or of another version; `path` is for the message */
export function readManifest(bytes: Uint8Array, path: string): Manifest {
  const message = open(messages.CheckpointManifest, bytes, path);
  return {
    step: message.step,
    settings: Object.fromEntries(
      message.settings.map(({ name, value }) => [name ?? '', value ?? '']),
    ),
    parts: message.parts.map(({ name, bytes: length, digest }) => ({
      name: name ?? '',
      bytes: length ?? 0,
      digest: Buffer.from(digest ?? []).toString('hex'),
    })),
  };
}

interface Decoder<T> {
  decode(bytes: Uint8Array): T;
}

function open<T extends { formatVersion: number }>(
  decoder: Decoder<T>,
  bytes: Uint8Array,
  path: string,
): T {
  if (!isSealed(bytes)) throw damaged(path, 'the checksum at its end does not match');
  const message = decodeMessage(decoder, bytes, path);
  if (message.formatVersion !== CHECKPOINT_FORMAT_VERSION)
    throw new CheckpointError(
      'GRADWIRE_CHECKPOINT_VERSION',
      path,
      `format version ${message.formatVersion}; this library reads ${CHECKPOINT_FORMAT_VERSION}`,
    );
  return message;
}

function decodeMessage<T>(decoder: Decoder<T>, bytes: Uint8Array, path: string): T {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw damaged(path, 'not a valid protobuf message', { cause });
  }
}

/** A CheckpointError for bytes that are not those that were written. */
export function damaged(path: string, problem: string, options?: ErrorOptions): CheckpointError {
  return new CheckpointError('GRADWIRE_CHECKPOINT_DAMAGED', path, `damaged: ${problem}`, options);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function floatsOf(bytes: Uint8Array): Float32Array {
  const values = new Float32Array(Math.floor(bytes.length / 4));
  new Uint8Array(values.buffer).set(bytes.subarray(0, 4 * values.length));
  return values;
}
