/** What can go wrong before and during training, beyond wrong arguments. */
import { GradwireError } from '../../proto/errors.ts';

/** Where in a data file the trouble is. Lines and columns count from 1, `offset` is in bytes. */
export interface DataPosition {
  readonly line?: number;
  readonly column?: number;
  readonly offset?: number;
}

/** A data file that is missing, unreadable or malformed. */
export class DataError extends GradwireError {
  readonly path: string;
  readonly line?: number;
  readonly column?: number;
  readonly offset?: number;

  constructor(path: string, problem: string, at: DataPosition = {}, options?: ErrorOptions) {
    super('GRADWIRE_DATA', `${path}${describePosition(at)}: ${problem}`, options);
    this.path = path;
    if (at.line !== undefined) this.line = at.line;
    if (at.column !== undefined) this.column = at.column;
    if (at.offset !== undefined) this.offset = at.offset;
  }
}

function describePosition({ line, column, offset }: DataPosition): string {
  const parts: string[] = [];
  if (line !== undefined) parts.push(`line ${line}`);
  if (column !== undefined) parts.push(`column ${column}`);
  if (offset !== undefined) parts.push(`byte ${offset}`);
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`;
}

/** Which list a name was looked up in. */
export type NameKind = 'task' | 'model' | 'label' | 'backend' | 'schedule';

const NAME_CODES = {
  task: 'GRADWIRE_UNKNOWN_TASK',
  model: 'GRADWIRE_UNKNOWN_MODEL',
  label: 'GRADWIRE_UNKNOWN_LABEL',
  backend: 'GRADWIRE_UNKNOWN_BACKEND',
  schedule: 'GRADWIRE_UNKNOWN_SCHEDULE',
} as const satisfies Record<NameKind, string>;

/** A task, model, label, backend or schedule that is not among those allowed. */
export class UnknownNameError extends GradwireError {
  readonly kind: NameKind;
  /** The name as given. */
  readonly given: string;
  readonly allowed: readonly string[];

  constructor(kind: NameKind, given: string, allowed: readonly string[], context = '') {
    const nearest = nearestName(given, allowed);
    super(
      NAME_CODES[kind],
      `unknown ${kind} ${JSON.stringify(given)}${context}; allowed: ${listNames(allowed)}` +
        (nearest === undefined ? '' : ` (did you mean ${JSON.stringify(nearest)}?)`),
    );
    this.kind = kind;
    this.given = given;
    this.allowed = allowed;
  }
}

/** A tfjs backend that was asked for and is not usable on this machine. */
export class BackendUnavailableError extends GradwireError {
  readonly backend: string;

  constructor(backend: string, reason: string, options?: ErrorOptions) {
    super(
      'GRADWIRE_BACKEND_UNAVAILABLE',
      `backend ${backend} is not available: ${reason}`,
      options,
    );
    this.backend = backend;
  }
}

/** Training left the finite numbers: the learning rate is too high for this problem and codec. */
export class DivergenceError extends GradwireError {
  /** The step (from 1) whose update was the first to be non-finite. */
  readonly step: number;

  constructor(step: number, tensor: string, value: number) {
    super(
      'GRADWIRE_DIVERGED',
      `training diverged: after step ${step} ${tensor} holds ${value}; ` +
        `lower the learning rate or momentum, or use a gentler codec`,
    );
    this.step = step;
  }
}

const LISTED = 20;

function listNames(names: readonly string[]): string {
  const more = names.length - LISTED;
  return names.slice(0, LISTED).join(', ') + (more > 0 ? `, and ${more} more` : '');
}

/** The allowed name with the smallest edit distance, if that is at most a third of its length. */
function nearestName(given: string, allowed: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const name of allowed.slice(0, 200)) {
    const distance = editDistance(given.toLowerCase(), name.toLowerCase());
    if (distance <= Math.max(1, Math.floor(name.length / 3)) && distance < bestDistance)
      [best, bestDistance] = [name, distance];
  }
  return best;
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** Why a checkpoint was refused. */
export type CheckpointErrorCode =
  | 'GRADWIRE_CHECKPOINT_MISSING'
  | 'GRADWIRE_CHECKPOINT_EXISTS'
  | 'GRADWIRE_CHECKPOINT_VERSION'
  | 'GRADWIRE_CHECKPOINT_DAMAGED'
  | 'GRADWIRE_CHECKPOINT_MISMATCH';

/** A checkpoint that cannot be gone on from, or would be lost. Its files are as they were. */
export class CheckpointError extends GradwireError {
  declare readonly code: CheckpointErrorCode;
  /** The folder or file as the caller named it. */
  readonly path: string;

  constructor(code: CheckpointErrorCode, path: string, problem: string, options?: ErrorOptions) {
    super(code, `checkpoint ${path}: ${problem}`, options);
    this.path = path;
  }
}
