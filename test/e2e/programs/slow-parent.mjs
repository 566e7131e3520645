/**
 * Starts one rank, sends it the plan, and is busy with something else for a while. Then prints the types
 * of all messages it got, in order, as JSON.
 *
 * usage: node slow-parent.mjs RANK_MAIN PLAN
 */
import { fork } from 'node:child_process';

const [main, plan] = process.argv.slice(2);
const env = { ...process.env, GRADWIRE_RANK: '0', GRADWIRE_SIZE: '1' };
const rank = fork(main, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
const types = [];
rank.on('message', ({ type }) => {
  types.push(type);
  // The rank goes on and fills its side of the channel.
  if (type === 'run-start') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
});
rank.on('close', (code) => process.stdout.write(JSON.stringify({ code, types })));
rank.send({ type: 'plan', plan: JSON.parse(plan) });
