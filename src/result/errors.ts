import { GradwireError } from '../../proto/errors.ts';

/** Something that is not a results file of this format version. */
export class ResultsError extends GradwireError {
  /** Where the trouble is, such as `runs[2].history[0].loss`; empty for the whole. */
  readonly path: string;

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super('GRADWIRE_RESULTS', `results${path === '' ? '' : ` ${path}`}: ${problem}`, options);
    this.path = path;
  }
}
