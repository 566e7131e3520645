/**
 * Who is to blame for a timeout. The neighbour of a stopped rank waits for that rank, the next rank
 * waits for the neighbour, and so on: each alone would blame somebody else. So the rank whose
 * deadline expires first tells all peers what it is waiting for, and each peer answers once with
 * what it is waiting for in that operation, or that it is not in it. Blamed are the ranks somebody
 * waits for that are not themselves waiting inside the operation; if there is none (all wait for each
 * other), everyone waited for.
 */

/** One rank's answer. */
export interface Report {
  readonly waitingFor: readonly number[];
  readonly inside: boolean;
}

export class TimeoutInquiry {
  /** Name and number of the operation. */
  readonly label: string;
  /** What happened, for the message. */
  readonly details: string;
  readonly #size: number;
  readonly #reports: Map<number, Report> = new Map();

  constructor(size: number, label: string, details: string) {
    this.#size = size;
    this.label = label;
    this.details = details;
  }

  /** Takes an answer; true once all ranks have answered. */
  add(rank: number, report: Report): boolean {
    this.#reports.set(rank, report);
    return this.#reports.size === this.#size;
  }

  /** A rank that has answered knows that the job is over, and may leave. */
  hasHeard(rank: number): boolean {
    return this.#reports.has(rank);
  }

  /** Ranks to blame, ascending. */
  get culprits(): number[] {
    const inside = [...this.#reports].filter(([, report]) => report.inside);
    const waitedFor = [...new Set(inside.flatMap(([, report]) => report.waitingFor))].sort(
      (a, b) => a - b,
    );
    const waiting = new Set(inside.map(([rank]) => rank));
    const silent = waitedFor.filter((rank) => !waiting.has(rank));
    return silent.length > 0 ? silent : waitedFor;
  }
}
