import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pulse, type Watched } from '../../src/transport/pulse.ts';

/** Peers 1 and 2, of whom only 1 sends signs of life. */
function watched(): Watched & { readonly bytes: Map<number, number>; readonly log: string[] } {
  const bytes = new Map([
    [1, 0],
    [2, 0],
  ]);
  const log: string[] = [];
  return {
    bytes,
    log,
    peers: [1, 2],
    beat: () => {},
    hasPulse: (peer) => peer === 1,
    heard: (peer) => bytes.get(peer)!,
    silent: (peer, milliseconds) => void log.push(`${peer} silent for ${milliseconds}`),
  };
}

describe('a pulse', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const options = { heartbeatMs: 100, silenceMs: 500 };

  it('beats for every peer, at once and again and again, and stops', () => {
    const beats: number[] = [];
    const pulse = new Pulse({ ...watched(), beat: (peer) => void beats.push(peer) }, options);
    vi.advanceTimersByTime(250);
    pulse.stop();
    vi.advanceTimersByTime(1000);
    expect(beats).toEqual([1, 2, 1, 2, 1, 2]);
  });

  it('misses a peer that has sent signs of life, and no other', () => {
    const peers = watched();
    const pulse = new Pulse(peers, options);
    vi.advanceTimersByTime(590);
    expect(peers.log).toEqual([]);
    vi.advanceTimersByTime(20);
    expect(peers.log).toEqual(['1 silent for 500']);
    pulse.stop();
  });

  it('hears any byte', () => {
    const peers = watched();
    const pulse = new Pulse(peers, options);
    for (let i = 1; i < 40; i++) {
      vi.advanceTimersByTime(400);
      peers.bytes.set(1, i);
    }
    expect(peers.log).toEqual([]);
    pulse.stop();
  });

  it('does not blame the peers for the time in which this process did not run', () => {
    const peers = watched();
    const pulse = new Pulse(peers, options);
    vi.advanceTimersByTime(300);
    // A clock that jumps by an hour: one tick, however late.
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(100);
    expect(peers.log).toEqual([]);
    pulse.stop();
  });
});
