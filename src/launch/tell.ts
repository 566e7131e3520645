/** What a rank's process says to the one that started it. */

/** Resolves once the message has been handed over; messages go in order, and an exit would lose it. */
export function tellParent(message: object): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send!(message, undefined, {}, () => resolve());
    else resolve();
  });
}
