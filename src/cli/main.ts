#!/usr/bin/env node
/** The `gradwire` program: the process around `main`. */
import { InterruptedError, isBrokenPipe, type Interruption } from './errors.ts';
import { main } from './program.ts';

const interruption = new AbortController();

/** The first signal ends the run in order; a second one ends the process where it stands. */
function onSignal(signal: Interruption, exitCode: number): void {
  process.on(signal, () => {
    if (interruption.signal.aborted) process.exit(exitCode);
    interruption.abort(new InterruptedError(signal, exitCode));
  });
}

onSignal('SIGINT', 130);
onSignal('SIGTERM', 143);
// The terminal is gone; programs that were launched are in process groups of their own and do not hear of it.
onSignal('SIGHUP', 129);

// Without a listener, a reader that goes away would end the process with a stack trace.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: unknown) => {
    if (!isBrokenPipe(error)) throw error;
  });

process.exitCode = await main(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: interruption.signal,
});
