/** What every transport promises to the layer above, whatever carries the bytes. */
import { describe, expect, it } from 'vitest';
import { FRAME_PREFIX_BYTES, FrameFlag, FrameKind, type FrameHeader } from '../../proto/frame.ts';
import type { Transport, TransportHandler } from '../../src/transport/transport.ts';

/** Transports of all ranks, connected, and ways to break them. */
export interface OpenMesh {
  readonly transports: readonly Transport[];
  kill(rank: number): void;
  dropLink(a: number, b: number): void;
}

export type OpenTransports = (
  size: number,
  options: { readonly checksum?: boolean },
) => Promise<OpenMesh>;

interface Heard {
  readonly peer: number;
  readonly header: FrameHeader;
  readonly payload: Uint8Array;
}

/** Keeps what arrives. */
class Recorder implements TransportHandler {
  readonly frames: Heard[] = [];
  /** `lost 1` or `departed 1`, in order. */
  readonly ends: string[] = [];
  readonly causes: Error[] = [];
  #changed: () => void = () => {};

  destination(_peer: number, header: FrameHeader): Uint8Array {
    return new Uint8Array(header.length);
  }

  frame(peer: number, header: FrameHeader, payload: Uint8Array): void {
    this.frames.push({ peer, header, payload });
    this.#changed();
  }

  lost(peer: number, cause: Error): void {
    this.ends.push(`lost ${peer}`);
    this.causes.push(cause);
    this.#changed();
  }

  departed(peer: number): void {
    this.ends.push(`departed ${peer}`);
    this.#changed();
  }

  /** Resolves once `condition` holds; the test's own time limit is the deadline. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition())
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
  }
}

function pattern(length: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = i * 13 + seed * 101;
  return bytes;
}

function listen(transports: readonly Transport[]): Recorder[] {
  return transports.map((transport) => {
    const recorder = new Recorder();
    transport.handler = recorder;
    return recorder;
  });
}

async function closeAll(transports: readonly Transport[]): Promise<void> {
  await Promise.all(transports.map((transport) => transport.close()));
}

/** @param overhead bytes the layer below may add to a few short frames and one of 50 kB */
export function transportCompliance(name: string, open: OpenTransports, overhead = 0): void {
  describe(`transport ${name}`, () => {
    it.each([false, true])(
      'delivers frames of all sizes intact and in order (checksum %s)',
      async (checksum) => {
        const { transports } = await open(3, { checksum });
        const recorders = listen(transports);
        const lengths = [0, 1, 31, 32, 33, 2015, 2016, 2017, 5000, 65_536, 200_000, 3_000_000, 7];
        for (const [tag, length] of lengths.entries())
          for (const peer of [1, 2])
            transports[0]!.send(
              peer,
              { kind: FrameKind.data, flags: FrameFlag.last, operation: 5, tag },
              pattern(length, tag + peer),
            );
        for (const peer of [1, 2]) {
          const recorder = recorders[peer]!;
          await recorder.until(() => recorder.frames.length === lengths.length);
          for (const [tag, { header, payload, peer: from }] of recorder.frames.entries()) {
            expect(from).toBe(0);
            expect(header).toMatchObject({ kind: FrameKind.data, operation: 5, tag });
            expect(header.flags & FrameFlag.last).toBe(FrameFlag.last);
            expect(Buffer.from(payload).equals(pattern(lengths[tag]!, tag + peer))).toBe(true);
          }
        }
        await closeAll(transports);
      },
    );

    it('reads payloads into the place its handler names', async () => {
      const { transports } = await open(2, {});
      const [, recorder] = listen(transports) as [Recorder, Recorder];
      const room = new Float32Array(100_000);
      recorder.destination = (_, header) => new Uint8Array(room.buffer, 4, header.length);
      const data = Float32Array.from({ length: 99_999 }, (_, i) => i);
      transports[0]!.send(1, { kind: FrameKind.data }, new Uint8Array(data.buffer));
      await recorder.until(() => recorder.frames.length === 1);
      expect(room.subarray(1)).toEqual(data);
      expect(room[0]).toBe(0);
      await closeAll(transports);
    });

    it('says when a payload may be changed, and not before that is true', async () => {
      const { transports } = await open(2, {});
      const [, recorder] = listen(transports) as [Recorder, Recorder];
      const sizes = [10, 3000, 500_000];
      for (const size of sizes) {
        const payload = pattern(size);
        await new Promise<void>((resolve) => {
          transports[0]!.send(1, { kind: FrameKind.data }, payload, resolve);
        });
        payload.fill(0xff);
      }
      await recorder.until(() => recorder.frames.length === sizes.length);
      for (const [i, { payload }] of recorder.frames.entries())
        expect(Buffer.from(payload).equals(pattern(sizes[i]!))).toBe(true);
      await closeAll(transports);
    });

    it('frames keep their fields, to the largest', async () => {
      const { transports } = await open(2, {});
      const [, recorder] = listen(transports) as [Recorder, Recorder];
      const fields = [
        { context: 0, operation: 0, tag: 0 },
        { context: 1, operation: 2, tag: 3 },
        { context: 2 ** 24 - 1, operation: 2 ** 32 - 1, tag: 2 ** 32 - 1 },
      ];
      for (const each of fields)
        transports[0]!.send(
          1,
          { kind: FrameKind.data, flags: FrameFlag.last, ...each },
          pattern(9),
        );
      await recorder.until(() => recorder.frames.length === 3);
      for (const [i, { header }] of recorder.frames.entries())
        expect(header).toMatchObject({ ...fields[i], flags: FrameFlag.last });
      await closeAll(transports);
    });

    it('control frames do not wait behind bulk data', async () => {
      const { transports } = await open(2, {});
      const [, recorder] = listen(transports) as [Recorder, Recorder];
      const chunk = new Uint8Array(1 << 20);
      for (let i = 0; i < 64; i++) transports[0]!.send(1, { kind: FrameKind.data }, chunk);
      transports[0]!.sendControl(1, { kind: FrameKind.abort }, pattern(20));
      await recorder.until(() => recorder.frames.length === 65);
      const position = recorder.frames.findIndex(({ header }) => header.kind === FrameKind.abort);
      expect(position).toBeLessThan(64);
      await closeAll(transports);
    });

    it('counts the same bytes on both ends, and all of them', async () => {
      const { transports } = await open(2, {});
      const [a, b] = transports as [Transport, Transport];
      const [, recorder] = listen(transports) as [Recorder, Recorder];
      const before = {
        sent: a.traffic(1).sent.socketBytes,
        received: b.traffic(0).received.socketBytes,
      };
      a.send(1, { kind: FrameKind.data, flags: FrameFlag.last }, pattern(1000));
      a.send(1, { kind: FrameKind.data }, pattern(50_000));
      a.send(1, { kind: FrameKind.offer }, pattern(8));
      a.sendControl(1, { kind: FrameKind.grant });
      await recorder.until(() => recorder.frames.length === 4);
      const { sent } = a.traffic(1);
      const { received } = b.traffic(0);
      expect(sent).toMatchObject({
        payloadBytes: 51_000,
        framingBytes: 4 * FRAME_PREFIX_BYTES + 8,
        frames: 4,
        messages: 1,
      });
      const added = sent.socketBytes - before.sent - (51_000 + 4 * FRAME_PREFIX_BYTES + 8);
      expect(added).toBeGreaterThanOrEqual(overhead === 0 ? 0 : 1);
      expect(added).toBeLessThanOrEqual(overhead);
      expect({ ...received, socketBytes: received.socketBytes - before.received }).toEqual({
        ...sent,
        socketBytes: sent.socketBytes - before.sent,
      });
      await closeAll(transports);
    });

    it('a rank that closes departs: after all it has sent, and without losing its own peers', async () => {
      const { transports } = await open(3, {});
      const recorders = listen(transports);
      for (let i = 0; i < 20; i++)
        transports[0]!.send(1, { kind: FrameKind.data, tag: i }, pattern(100_000, i));
      await transports[0]!.close();
      const recorder = recorders[1]!;
      await recorder.until(() => recorder.ends.length === 1);
      expect(recorder.ends).toEqual(['departed 0']);
      expect(recorder.frames.map(({ header }) => header.tag)).toEqual([...Array(20).keys()]);

      // The others go on.
      transports[1]!.send(2, { kind: FrameKind.data }, pattern(10));
      await recorders[2]!.until(
        () => recorders[2]!.frames.length === 1 && recorders[2]!.ends.length === 1,
      );
      expect(recorders[2]!.ends).toEqual(['departed 0']);
      expect(recorders[0]!.ends).toEqual([]);
      await closeAll(transports.slice(1));
    });

    it('a silent close looks like a loss to the peers', async () => {
      const { transports } = await open(2, {});
      const [, recorder] = listen(transports) as [Recorder, Recorder];
      await transports[0]!.close({ silent: true });
      await recorder.until(() => recorder.ends.length === 1);
      expect(recorder.ends).toEqual(['lost 0']);
      await transports[1]!.close({ silent: true });
    });

    it('a rank that is killed is lost to all others, once', async () => {
      const mesh = await open(4, {});
      const { transports } = mesh;
      const recorders = listen(transports);
      mesh.kill(2);
      for (const rank of [0, 1, 3])
        await recorders[rank]!.until(() => recorders[rank]!.ends.length > 0);
      for (const rank of [0, 1, 3]) {
        expect(recorders[rank]!.ends).toEqual(['lost 2']);
        expect(recorders[rank]!.causes[0]).toBeInstanceOf(Error);
      }
      await Promise.all(transports.map((transport) => transport.close({ silent: true })));
    });

    it('a link that breaks is a loss on both of its ends and nowhere else', async () => {
      const mesh = await open(3, {});
      const { transports } = mesh;
      const recorders = listen(transports);
      mesh.dropLink(0, 2);
      await recorders[0]!.until(() => recorders[0]!.ends.length > 0);
      await recorders[2]!.until(() => recorders[2]!.ends.length > 0);
      expect(recorders.map(({ ends }) => ends)).toEqual([['lost 2'], [], ['lost 0']]);
      await Promise.all(transports.map((transport) => transport.close({ silent: true })));
    });

    it.each([
      ['data where control belongs', (t: Transport) => t.sendControl(1, { kind: FrameKind.data })],
      ['control where data belongs', (t: Transport) => t.send(1, { kind: FrameKind.grant })],
      ['a second greeting', (t: Transport) => t.send(1, { kind: FrameKind.hello })],
    ])('a peer that sends %s is lost', async (_, send) => {
      const { transports } = await open(2, {});
      const [, recorder] = listen(transports) as [Recorder, Recorder];
      send(transports[0]!);
      await recorder.until(() => recorder.ends.length === 1);
      expect(recorder.ends).toEqual(['lost 0']);
      expect(recorder.causes[0]!.message).toContain('where it must not');
      await Promise.all(transports.map((transport) => transport.close({ silent: true })));
    });

    it('what a handler throws is the loss of that peer', async () => {
      const { transports } = await open(2, {});
      const [, recorder] = listen(transports) as [Recorder, Recorder];
      recorder.destination = () => {
        throw new Error('no room for this');
      };
      transports[0]!.send(1, { kind: FrameKind.data }, pattern(9));
      await recorder.until(() => recorder.ends.length === 1);
      expect(recorder.causes[0]!.message).toBe('no room for this');
      await Promise.all(transports.map((transport) => transport.close({ silent: true })));
    });
  });
}
