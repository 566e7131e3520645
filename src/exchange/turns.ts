/**
 * Long work one piece at a time, with a turn of the event loop after each, so that sockets are served
 * between them: the first bytes travel while the next ones are being encoded.
 */

export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` after all that has been given before. */
  take<T>(work: () => T): Promise<T> {
    const done = this.#last.then(work);
    // A piece that fails ends its own operation; the others find out by theirs.
    this.#last = done.then(nextTurn, nextTurn);
    return done;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
