/**
 * Checkpoints of a run on all its ranks. Saving: each rank writes its part, all tell each other length and
 * checksum, and rank 0 writes the manifest. Going on: each rank reads its parts, and all do, or none.
 */
import { assertInteger } from '../../../proto/assert.ts';
import {
  ArgumentTypeError,
  GradwireError,
  isGradwireError,
  type ErrorCode,
} from '../../../proto/errors.ts';
import { CheckpointError } from '../errors.ts';
import { assertSettings, CheckpointFolder, modelPart, rankPart } from './folder.ts';
import {
  damaged,
  readModel,
  readRank,
  writeModel,
  writeRank,
  type ModelState,
  type Part,
  type RankState,
} from './messages.ts';

/** Where and when checkpoints are written. */
export interface CheckpointOptions {
  /** A folder of this run alone, the same for all ranks; made at need. */
  readonly folder: string;
  /**
   * Updates between two checkpoints; may change from call to call. One is written at the end of the run
   * and when it is interrupted in any case.
   */
  readonly every?: number;
  /**
   * Goes on from the folder's checkpoint, or starts where there is none. Without it, a folder that holds
   * a checkpoint is refused.
   */
  readonly resume?: boolean;
}

/** A rank's way to the others, as far as checkpoints need it. */
export interface CheckpointPeers {
  readonly rank: number;
  readonly size: number;
  gather?(bytes: Uint8Array): Promise<Uint8Array[]>;
}

/** What a rank says of its share of the work. */
type Report =
  | { readonly parts: readonly Part[]; readonly step: number }
  | { readonly code: string; readonly message: string };

/** What a run goes on from. */
export interface Restored {
  readonly model: ModelState;
  readonly own: RankState;
}

/** Another rank could not do its share. */
class CheckpointPeerError extends GradwireError {
  readonly rank: number;

  constructor(rank: number, code: string, message: string) {
    super(code as ErrorCode, `rank ${rank}: ${message}`);
    this.rank = rank;
  }
}

/** The checkpoints of one run, seen from one rank. */
export class Checkpoints {
  readonly #folder: CheckpointFolder;
  readonly #every: number;
  readonly #resume: boolean;
  readonly #peers: CheckpointPeers;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #parameters: number;
  /** Ranks at the beginning. */
  readonly #size: number;
  #savedStep = -1;

  /**
   * @param settings what a checkpoint to go on from must have been written with
   * @param parameters of the model
   * @throws ArgumentRangeError, ArgumentTypeError
   */
  constructor(
    options: CheckpointOptions,
    peers: CheckpointPeers,
    settings: Readonly<Record<string, string>>,
    parameters: number,
  ) {
    if (options.every !== undefined) assertInteger(options.every, 'checkpoints.every', 1);
    if (peers.size > 1 && !peers.gather)
      throw new ArgumentTypeError('"exchange" needs gather() for checkpoints of several ranks');
    this.#folder = new CheckpointFolder(options.folder);
    this.#every = options.every ?? Infinity;
    this.#resume = options.resume ?? false;
    this.#peers = peers;
    this.#settings = settings;
    this.#parameters = parameters;
    this.#size = peers.size;
  }

  /** True when a checkpoint falls due after `step` updates. */
  isDue(step: number): boolean {
    return step % this.#every === 0;
  }

  /**
   * Reads the folder's checkpoint, on all ranks.
   * @param apply takes the state over; what it throws, all ranks throw
   * @returns whether there was one
   * @throws CheckpointError when it is damaged or another run's, or there and not asked for
   */
  async restore(apply: (restored: Restored) => void): Promise<boolean> {
    const reports = await this.#together(async () => {
      const restored = await this.#read();
      if (restored) apply(restored);
      return { parts: [], step: restored?.model.step ?? -1 };
    });
    const steps = reports.map(({ step }) => step);
    const other = steps.findIndex((step) => step !== steps[0]);
    if (other >= 0)
      throw damaged(
        this.#folder.path,
        `rank 0 finds ${stepName(steps[0]!)}, rank ${other} ${stepName(steps[other]!)}`,
      );
    this.#savedStep = steps[0]!;
    return this.#savedStep >= 0;
  }

  async #read(): Promise<Restored | undefined> {
    const { rank } = this.#peers;
    const folder = this.#folder;
    if (rank === 0) await folder.sweep();
    const manifest = await folder.manifest();
    if (!manifest) return undefined;
    if (!this.#resume)
      throw new CheckpointError(
        'GRADWIRE_CHECKPOINT_EXISTS',
        folder.path,
        `holds step ${manifest.step} of a run and would be lost; resume it, or choose another folder`,
      );
    assertSettings(folder.path, manifest.settings, this.#settings);
    const [modelName, ownName] = [modelPart(manifest.step), rankPart(manifest.step, rank)];
    const model = readModel(await folder.readPart(manifest, modelName), folder.fileOf(modelName));
    this.#assertLength(model, folder.fileOf(modelName));
    const own = readRank(await folder.readPart(manifest, ownName), folder.fileOf(ownName));
    if (model.step !== manifest.step || own.step !== manifest.step || own.rank !== rank)
      throw damaged(
        folder.fileOf(ownName),
        `rank ${own.rank} at step ${own.step}, with a model of step ${model.step}, ` +
          `where the manifest has step ${manifest.step}`,
      );
    return { model, own };
  }

  #assertLength({ parameters, velocity }: ModelState, path: string): void {
    if (parameters.length !== this.#parameters || velocity.length !== this.#parameters)
      throw damaged(
        path,
        `${parameters.length} parameters and ${velocity.length} velocities ` +
          `for a model of ${this.#parameters}`,
      );
  }

  /**
   * Writes a checkpoint, on all ranks after the same step; nothing when it is there already. Until it is
   * complete, the one before it is. After the loss of a rank there is no complete one any more.
   * @throws FileError; on all ranks when one of them cannot write
   */
  async save(model: ModelState, own: Omit<RankState, 'rank'>): Promise<void> {
    const { step } = model;
    if (step === this.#savedStep || this.#peers.size !== this.#size) return;
    const { rank } = this.#peers;
    const reports = await this.#together(async () => {
      const part = writeRank({ ...own, rank });
      const parts = [await this.#folder.writePart(rankPart(step, rank), part)];
      if (rank === 0)
        parts.unshift(await this.#folder.writePart(modelPart(step), writeModel(model)));
      return { parts, step };
    });
    if (rank === 0 && this.#peers.size === this.#size) {
      const parts = reports.flatMap((report) => report.parts);
      await this.#folder.commit({ step, settings: this.#settings, parts });
    }
    this.#savedStep = step;
  }

  /** Does `work` on all ranks. @throws what it throws here, or what it threw on another rank */
  async #together(
    work: () => Promise<Extract<Report, { parts: unknown }>>,
  ): Promise<Extract<Report, { parts: unknown }>[]> {
    let failure: Error | undefined;
    const own: Report = await work().catch((error: unknown) => {
      failure = error instanceof Error ? error : new Error(String(error));
      return reportOf(error);
    });
    const reports = (await this.#gather(new TextEncoder().encode(JSON.stringify(own)))).map(
      (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as Report,
    );
    if (failure !== undefined) throw failure;
    return reports.map((report, rank) => {
      if ('code' in report) throw new CheckpointPeerError(rank, report.code, report.message);
      return report;
    });
  }

  #gather(bytes: Uint8Array): Promise<Uint8Array[]> {
    return this.#peers.gather?.(bytes) ?? Promise.resolve([bytes]);
  }
}

function reportOf(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  return { code: isGradwireError(error) ? error.code : 'GRADWIRE_INTERNAL', message };
}

function stepName(step: number): string {
  return step < 0 ? 'no checkpoint' : `step ${step}`;
}
