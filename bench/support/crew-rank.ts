/** A rank's side of crew.ts. */

/** Parent → rank. */
export type CrewMessage<Request> =
  { readonly type: 'ask'; readonly request: Request } | { readonly type: 'leave' };

/** Rank → parent. */
export type CrewReply<Answer> = { readonly answer: Answer } | { readonly error: string };

/**
 * Answers requests until told to leave or the parent is gone.
 * @param answer does the work
 * @param leave releases what the process holds, so that it can end
 */
export function serve(
  answer: (request: unknown) => Promise<unknown>,
  leave: () => Promise<void>,
): void {
  const work = async (request: unknown): Promise<void> => {
    let reply: CrewReply<unknown>;
    try {
      reply = { answer: await answer(request) };
    } catch (error) {
      reply = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    if (process.connected) process.send?.(reply);
  };
  process.on('message', (message: CrewMessage<unknown>) => {
    if (message.type === 'ask') void work(message.request);
    else if (process.connected) process.disconnect();
  });
  process.once('disconnect', () => void leave());
}
