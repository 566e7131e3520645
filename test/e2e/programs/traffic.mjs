/**
 * A rank that exchanges gradients with several codecs and prints, a line of JSON each, what it has sent by
 * its own count, by its sockets' and by its network interface's.
 *
 * usage: node traffic.mjs INTERFACE ELEMENTS STEPS CODEC...
 */
import { execFileSync } from 'node:child_process';
import { createExchange } from 'gradwire';
import { init } from 'gradwire/comm';
import { kernelBytes } from './kernel-bytes.mjs';

const [name, elements, steps, ...codecs] = process.argv.slice(2);

function interfaceBytes() {
  const text = execFileSync('ip', ['-s', '-j', 'link', 'show', 'dev', name], { encoding: 'utf8' });
  return JSON.parse(text)[0].stats64.tx.bytes;
}

const communicator = await init();
const gradient = new Float32Array(Number(elements));
for (const codec of codecs) {
  const exchange = await createExchange(communicator, { codec });
  await communicator.barrier();
  const before = { sockets: kernelBytes(), wire: interfaceBytes() };
  for (let step = 0; step < Number(steps); step++) {
    for (let i = 0; i < gradient.length; i++) gradient[i] = ((i * 7919) % 1000) / 500 - 1;
    await exchange.allReduce(gradient);
  }
  await communicator.barrier();
  const line = {
    codec: exchange.spec,
    rank: communicator.rank,
    counted: exchange.stats.total.socketBytes,
    sockets: kernelBytes() - before.sockets,
    wire: interfaceBytes() - before.wire,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  // Whoever has counted first would go on to close, and take the other's connections with it.
  await communicator.barrier();
}
await communicator.close();
