/** The exchange as it runs beside the connections. */
import { firstNonFinite, parseCodec, type Codec } from '../../codecs/index.ts';
import {
  assertBytes,
  assertFinite,
  assertFloat32Array,
  assertInteger,
} from '../../proto/assert.ts';
import { CommunicatorClosedError } from '../../proto/comm-errors.ts';
import { laneChecksum } from '../../proto/checksum.ts';
import {
  ArgumentRangeError,
  ArgumentTypeError,
  NonFiniteGradientError,
  SnapshotError,
} from '../../proto/errors.ts';
import { ReplicaMismatchError } from '../../proto/exchange-errors.ts';
import { FRAME_PREFIX_BYTES } from '../../proto/frame.ts';
import { FORMAT_VERSION } from '../../proto/ids.ts';
import type { Communicator, OperationOptions } from '../collective/communicator.ts';
import { Layout } from '../gradient/layout.ts';
import { assertAgreement } from './agreement.ts';
import { chooseAlgorithm, setUp } from './choose.ts';
import { addCounts, noCounts, type ExchangeCounts } from './meter.ts';
import {
  readExchangeSnapshot,
  writeExchangeSnapshot,
  type ExchangeState,
  type UnitState,
} from './snapshot.ts';
import { BufferSpace } from './space.ts';
import { Turns } from './turns.ts';
import type { Algorithm, Residual, Unit, UnitExchange } from './unit.ts';
import { cutUnits, type ParsedRule } from './units.ts';

import type { Exchange, ExchangeOptions, ExchangeStats } from './exchange.ts';

/** Bytes sent by this rank so far. */
type SentBytes = Pick<ExchangeCounts, 'payloadBytes' | 'framingBytes' | 'socketBytes'>;

/** A unit ready to run. */
interface Lane {
  readonly unit: Unit;
  readonly algorithm: Algorithm;
  readonly exchange: UnitExchange;
}

/** The exchange on the thread that owns the connections. */
export class EngineExchange implements Exchange {
  readonly communicator: Communicator;
  readonly spec: string;
  readonly #options: ExchangeOptions;
  readonly #codec: Codec;
  readonly #rules: readonly ParsedRule[];
  readonly #seed: number;
  #layout: Layout | undefined;
  #lanes: readonly Lane[] = [];
  readonly #space = new BufferSpace();
  #step = 0;
  /** True from the beginning of an exchange to its good end: residuals belong to no step then. */
  #isOpen = false;
  #isClosed = false;
  #total = noCounts();
  #last = noCounts();

  constructor(communicator: Communicator, options: ExchangeOptions) {
    const { seed = 0 } = options;
    assertInteger(seed, 'seed', 0);
    this.communicator = communicator;
    this.#options = options;
    this.#seed = seed;
    this.#codec = toCodec(options.codec);
    this.#rules = (options.rules ?? []).map((rule) => ({ ...rule, codec: toCodec(rule.codec) }));
    this.spec = this.#codec.spec;
    const { residual, layout } = options;
    if (layout) this.#setLayout(layout);
    if (residual) this.#holdBack(residual);
  }

  get stats(): ExchangeStats {
    return {
      total: structuredClone(this.#total),
      last: structuredClone(this.#last),
      residualNorm: this.#residualNorm(),
      algorithms: this.#lanes.map(({ algorithm }) => algorithm),
    };
  }

  async allReduce(gradient: Float32Array, options: OperationOptions = {}): Promise<void> {
    assertFloat32Array(gradient, 'gradient');
    if (this.#isClosed) throw new CommunicatorClosedError('exchange.allReduce');
    await this.#adopt(gradient.length, options);
    const counts = noCounts();
    const sentBefore = this.#sent();
    this.#isOpen = true;
    try {
      this.#refuseNonFinite(gradient);
      await Promise.all(
        this.#lanes.map(({ unit, exchange }) =>
          exchange.run(
            gradient.subarray(unit.offset, unit.offset + unit.length),
            this.#step,
            counts,
            options,
          ),
        ),
      );
      if (this.#options.verify) await this.#verify(gradient, options);
    } catch (error) {
      this.communicator.abort(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
    this.#account(counts, sentBefore);
    this.#isOpen = false;
  }

  rescale(factor: number): void {
    assertFinite(factor, 'factor');
    if (factor <= 0) throw new ArgumentRangeError(`"factor" must be positive, got ${factor}`);
    for (const { exchange } of this.#lanes) exchange.rescale(factor);
  }

  residual(): Residual | undefined {
    if (!this.#hasFeedback || this.#layout === undefined) return undefined;
    const { length } = this.#layout;
    const all = { own: new Float32Array(length), mean: new Float32Array(length) };
    for (const { unit, exchange } of this.#lanes) exchange.copyResidual(partOf(all, unit));
    return all;
  }

  #holdBack(residual: Residual): void {
    const { own, mean } = residual;
    for (const [name, part] of Object.entries({ own, mean })) {
      assertFloat32Array(part, `residual.${name}`);
      if (firstNonFinite(part) >= 0)
        throw new ArgumentRangeError(`"residual.${name}" must be finite in all elements`);
    }
    if (this.#layout === undefined) this.#setLayout(this.#flatLayout(own.length));
    const { length } = this.#layout!;
    if (own.length !== length || mean.length !== length)
      throw new ArgumentRangeError(
        `"residual" must have ${length} elements as the layout has, got ${own.length} and ${mean.length}`,
      );
    const { size } = this.communicator;
    const held = own.map((x, i) => x + size * mean[i]!);
    for (const { unit, exchange } of this.#lanes)
      exchange.holdBack(held.subarray(unit.offset, unit.offset + unit.length));
  }

  get #hasFeedback(): boolean {
    return [this.#codec, ...this.#rules.map(({ codec }) => codec)].some(
      ({ traits }) => traits.feedback,
    );
  }

  get settings(): Readonly<Record<string, string>> {
    const { algorithm = 'auto', granularity = 'auto', verify = false } = this.#options;
    return {
      version: String(FORMAT_VERSION),
      codec: this.spec,
      rules: this.#rules
        .map(({ name, maxElements, codec }) => `${name ?? ''}<=${maxElements ?? ''}:${codec.spec}`)
        .join(' '),
      seed: String(this.#seed),
      layout: this.#layout?.digest ?? 'of the first gradient',
      algorithm,
      granularity,
      verify: String(verify),
    };
  }

  async agree(options: OperationOptions = {}): Promise<void> {
    await assertAgreement(this.communicator, this.settings, options);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#lanes = [];
    // After a failure, bytes may still be on their way into the buffers.
    if (!this.#isOpen) this.#space.release();
  }

  snapshot(): Uint8Array {
    if (this.#isOpen)
      throw new SnapshotError(
        `no snapshot in exchange ${this.#step}: it is under way, or has failed`,
      );
    return writeExchangeSnapshot(this.#state());
  }

  restore(bytes: Uint8Array): void {
    assertBytes(bytes, 'bytes');
    const state = readExchangeSnapshot(bytes);
    const { rank, size } = this.communicator;
    assertSame('codec', state.spec, this.spec);
    assertSame('rank', state.rank, rank);
    assertSame('number of ranks', state.size, size);
    assertSame('seed', state.seed, this.#seed);
    const isNew = this.#layout === undefined && state.layout !== '';
    const layout = isNew ? this.#flatLayout(state.length) : this.#layout;
    assertSame('layout', state.layout, layout?.digest ?? '');
    const lanes = isNew ? this.#lanesOf(layout!) : this.#lanes;
    assertSameUnits(state.units, lanes.map(unitState));
    this.#layout = layout;
    this.#lanes = lanes;
    for (const [i, { exchange }] of lanes.entries())
      for (const [j, residual] of exchange.residuals().entries())
        residual.set(state.units[i]!.residuals[j]!);
    this.#step = state.step;
    this.#total = state.totals;
    this.#last = noCounts();
    this.#isOpen = false;
  }

  #state(): ExchangeState {
    const { rank, size } = this.communicator;
    return {
      spec: this.spec,
      rank,
      size,
      seed: this.#seed,
      layout: this.#layout?.digest ?? '',
      length: this.#layout?.length ?? 0,
      step: this.#step,
      totals: this.#total,
      units: this.#lanes.map(unitState),
    };
  }

  /** Without a layout, the first gradient's length makes one; all ranks must have the same. */
  async #adopt(length: number, options: OperationOptions): Promise<void> {
    if (this.#layout === undefined) {
      await assertAgreement(this.communicator, { 'gradient length': String(length) }, options);
      this.#setLayout(this.#flatLayout(length));
    }
    if (length !== this.#layout!.length)
      throw new ArgumentRangeError(
        `"gradient" must have ${this.#layout!.length} elements as the layout has, got ${length}`,
      );
  }

  /** A vector without names, cut into equal tensors of at most a bucket. */
  #flatLayout(length: number): Layout {
    const { bucketBytes = bucketBytesFor(this.communicator.size) } = this.#options;
    const most = Math.max(1, Math.floor(bucketBytes / 4));
    const count = Math.max(1, Math.ceil(length / most));
    const tensors = Array.from({ length: count }, (_, i) => ({
      name: `part-${i}`,
      shape: [Math.max(0, Math.min(most, length - i * most))],
    }));
    return new Layout(tensors, { bucketBytes });
  }

  #setLayout(layout: Layout): void {
    this.#layout = layout;
    this.#lanes = this.#lanesOf(layout);
  }

  #lanesOf(layout: Layout): Lane[] {
    const { algorithm = 'auto', granularity = 'auto' } = this.#options;
    const { communicator } = this;
    const space = this.#space;
    const turns = new Turns();
    const units = cutUnits(layout, this.#codec, this.#rules, granularity);
    return units.map((unit) => {
      const chosen = chooseAlgorithm(unit, communicator.size, algorithm);
      const context = { communicator, unit, seed: this.#seed, space, turns };
      const exchange = setUp(chosen, context);
      return { unit, algorithm: chosen, exchange };
    });
  }

  /** Encoders refuse what is not finite by themselves; values that are summed as they are do not. */
  #refuseNonFinite(gradient: Float32Array): void {
    const isZeroed = this.#options.nonFinite === 'zero';
    const { rank } = this.communicator;
    for (const { unit, algorithm } of this.#lanes) {
      if (!isZeroed && algorithm !== 'additive') continue;
      const part = gradient.subarray(unit.offset, unit.offset + unit.length);
      const index = firstNonFinite(part);
      if (index < 0) continue;
      if (!isZeroed)
        throw new NonFiniteGradientError(
          unit.offset + index,
          part[index]!,
          `rank ${rank}: gradient`,
        );
      for (let i = index; i < part.length; i++) if (!Number.isFinite(part[i]!)) part[i] = 0;
    }
  }

  async #verify(gradient: Float32Array, options: OperationOptions): Promise<void> {
    const bytes = new Uint8Array(gradient.buffer, gradient.byteOffset, gradient.byteLength);
    const hashes = await this.communicator.allGather(Uint32Array.of(laneChecksum(bytes)), options);
    if (hashes.some((hash) => hash !== hashes[0]))
      throw new ReplicaMismatchError(this.#step, [...hashes]);
  }

  /** Signs of life belong to no exchange. */
  #sent(): SentBytes {
    const { payloadBytes, framingBytes, socketBytes, signsOfLife } = this.communicator.stats.sent;
    const alive = signsOfLife * FRAME_PREFIX_BYTES;
    return { payloadBytes, framingBytes: framingBytes - alive, socketBytes: socketBytes - alive };
  }

  #account(counts: ExchangeCounts, before: SentBytes): void {
    const sent = this.#sent();
    counts.steps = 1;
    counts.payloadBytes = sent.payloadBytes - before.payloadBytes;
    counts.framingBytes = sent.framingBytes - before.framingBytes;
    counts.socketBytes = sent.socketBytes - before.socketBytes;
    addCounts(this.#total, counts);
    this.#last = counts;
    this.#step++;
  }

  #residualNorm(): number | null {
    if (!this.#hasFeedback) return null;
    let energy = 0;
    for (const { exchange } of this.#lanes)
      for (const residual of exchange.residuals())
        for (let i = 0; i < residual.length; i++) energy += residual[i]! ** 2;
    return Math.sqrt(energy);
  }
}

function toCodec(codec: Codec | string): Codec {
  if (typeof codec === 'string') return parseCodec(codec);
  if (codec && typeof codec.encodeInto === 'function') return codec;
  throw new ArgumentTypeError('"codec" must be a spec or a codec from parseCodec or defineCodec');
}

function partOf({ own, mean }: Residual, { offset, length }: Unit): Residual {
  const end = offset + length;
  return { own: own.subarray(offset, end), mean: mean.subarray(offset, end) };
}

function unitState({ unit, algorithm, exchange }: Lane): UnitState {
  return { spec: unit.codec.spec, algorithm, residuals: exchange.residuals() };
}

function assertSame(what: string, found: string | number, expected: string | number): void {
  if (found !== expected)
    throw new SnapshotError(
      `exchange snapshot is of ${what} ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`,
    );
}

/** @throws SnapshotError */
function assertSameUnits(found: readonly UnitState[], expected: readonly UnitState[]): void {
  const shape = (units: readonly UnitState[]): string =>
    units
      .map(({ spec, algorithm, residuals }) =>
        [spec, algorithm, ...residuals.map(({ length }) => length)].join(' '),
      )
      .join(', ');
  assertSame('units', shape(found), shape(expected));
}

/**
 * Most bytes of a bucket among `size` ranks. A bucket costs each rank some work for every other one, whatever
 * its size; chunks of 1.5 MiB make little of that, and still let the exchange begin to send early.
 */
function bucketBytesFor(size: number): number {
  const mebibytes = Math.min(16, Math.max(4, 1.5 * size));
  return mebibytes * 2 ** 20;
}
