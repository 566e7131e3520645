/** Entry of a rank's process: gets its plan from the parent, and ends with it. */
import { tellParent } from '../launch/tell.ts';
import { rankErrorOf, workAsRank } from './rank.ts';
import type { FromRank, ToRank } from './messages.ts';

const stop = new AbortController();
/** Settles when the last message has been handed over. */
let told: Promise<void> = Promise.resolve();

function tell(message: FromRank): void {
  told = tellParent(message);
}

async function work(message: ToRank): Promise<void> {
  if (message.type === 'stop') {
    stop.abort();
    return;
  }
  try {
    await workAsRank(message.plan, stop.signal, tell);
    process.exitCode = 0;
  } catch (error) {
    if (!stop.signal.aborted) {
      tell({ type: 'fatal', error: rankErrorOf(error) });
      process.exitCode = 1;
    }
  } finally {
    await told;
    process.disconnect();
  }
}

// Ctrl-C reaches the whole process group; the parent decides what happens then.
process.on('SIGINT', () => undefined);
// Without a parent nobody would read the results, and nobody would end this process.
process.on('disconnect', () => process.exit());
process.on('message', (message) => void work(message as ToRank));
