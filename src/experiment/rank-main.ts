/** Entry of a rank's process: gets its plan from the parent, and ends with it. */
import { fatalOf, workAsRank } from './rank.ts';
import type { FromRank, ToRank } from './messages.ts';

const stop = new AbortController();
let current = 0;

/** Resolves when the message has been handed over, so that an exit right after does not lose it. */
function tell(message: FromRank): Promise<void> {
  if (message.type === 'run-start') current = message.index;
  return new Promise((resolve) => {
    if (process.connected) process.send!(message, undefined, {}, () => resolve());
    else resolve();
  });
}

async function work(message: ToRank): Promise<void> {
  if (message.type === 'stop') {
    stop.abort();
    return;
  }
  try {
    await workAsRank(message.plan, stop.signal, (news) => void tell(news));
    process.exitCode = 0;
  } catch (error) {
    if (!stop.signal.aborted) {
      await tell(fatalOf(error, current));
      process.exitCode = 1;
    }
  } finally {
    process.disconnect();
  }
}

// Ctrl-C reaches the whole process group; the parent decides what happens then.
process.on('SIGINT', () => undefined);
// Without a parent nobody would read the results, and nobody would end this process.
process.on('disconnect', () => process.exit());
process.on('message', (message) => void work(message as ToRank));
