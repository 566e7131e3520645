/**
 * Dissemination barrier (Hensgen, Finkel, Manber 1988).
 *
 * In step k every rank tells rank + 2ᵏ that it is there and waits for rank − 2ᵏ (modulo P). After ⌈log₂
 * P⌉ steps everybody has heard, through others, from everybody.
 *
 * Cost: ⌈log₂ P⌉ steps, no payload bytes.
 */
import type { Channel } from './channel.ts';

const NOTHING = new Uint8Array(0);

export async function barrier(channel: Channel): Promise<void> {
  const { rank, size } = channel;
  for (let step = 0, distance = 1; distance < size; step++, distance *= 2) {
    void channel.send((rank + distance) % size, step, NOTHING);
    await channel.receive((rank - distance + size) % size, step, NOTHING);
  }
}
