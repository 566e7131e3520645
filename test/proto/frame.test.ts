import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { laneChecksum } from '../../proto/checksum.ts';
import { FrameError } from '../../proto/comm-errors.ts';
import {
  FRAME_PREFIX_BYTES,
  FrameDecoder,
  FrameFlag,
  FrameKind,
  readFramePrefix,
  writeFramePrefix,
  type FrameHeader,
  type FrameLimits,
} from '../../proto/frame.ts';

const LIMITS: FrameLimits = { data: 5000, control: 200 };

interface Frame {
  readonly header: FrameHeader;
  readonly payload: Uint8Array;
}

function encode({ header, payload }: Frame): Uint8Array {
  const bytes = new Uint8Array(FRAME_PREFIX_BYTES + payload.length);
  writeFramePrefix(header, bytes);
  bytes.set(payload, FRAME_PREFIX_BYTES);
  return bytes;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function frameOf(kind: FrameKind, payload: Uint8Array, guarded = false): Frame {
  const header = {
    kind,
    flags: guarded ? FrameFlag.checksum : 0,
    context: 5,
    epoch: 1,
    operation: 2,
    tag: 3,
    length: payload.length,
    checksum: guarded ? laneChecksum(payload) : 0,
  };
  return { header, payload };
}

const word = fc.nat(0xffffffff);

const anyFrame: fc.Arbitrary<Frame> = fc
  .record({
    kind: fc.constantFrom(...Object.values(FrameKind)),
    flags: fc.integer({ min: 0, max: 3 }).map((bits) => bits << 1),
    guarded: fc.boolean(),
    context: fc.nat(0xffffff),
    epoch: word,
    operation: word,
    tag: word,
    payload: fc.oneof(
      { weight: 4, arbitrary: fc.uint8Array({ maxLength: 200 }) },
      { weight: 1, arbitrary: fc.integer({ min: 4000, max: 5000 }).map((n) => pattern(n)) },
    ),
  })
  .map(({ kind, flags, guarded, context, epoch, operation, tag, payload: any }) => {
    const payload = kind === FrameKind.data ? any : any.subarray(0, LIMITS.control);
    const header = {
      kind,
      flags: flags | (guarded ? FrameFlag.checksum : 0),
      context,
      epoch,
      operation,
      tag,
      length: payload.length,
      checksum: guarded ? laneChecksum(payload) : 0,
    };
    return { header, payload };
  });

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31) & 0xff);
}

/** A decoder that collects frames, and what it has allocated for them. */
function collector(limits = LIMITS): {
  decoder: FrameDecoder;
  frames: Frame[];
  allocated: () => number;
} {
  const frames: Frame[] = [];
  let allocated = 0;
  const decoder = new FrameDecoder(
    {
      destination: ({ length }) => {
        allocated += length;
        return new Uint8Array(length);
      },
      frame: (header, payload) => {
        frames.push({ header, payload });
      },
    },
    limits,
  );
  return { decoder, frames, allocated: () => allocated };
}

/** Feeds `bytes` through `nextBuffer` and `advance`, at most `most` bytes at a time. */
function read(decoder: FrameDecoder, bytes: Uint8Array, most: number): void {
  for (let offset = 0; offset < bytes.length;) {
    const buffer = decoder.nextBuffer();
    expect(buffer.length).toBeGreaterThan(0);
    const count = Math.min(buffer.length, most, bytes.length - offset);
    buffer.set(bytes.subarray(offset, offset + count));
    decoder.advance(count);
    offset += count;
  }
}

describe('frames', () => {
  it('survive every split of the stream, whichever way it is fed', () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 6 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 6000 }), fc.boolean()), { minLength: 1 }),
        (frames, cuts) => {
          const stream = join(frames.map(encode));
          const { decoder, frames: decoded } = collector();
          for (let offset = 0, i = 0; offset < stream.length; i++) {
            const [length, direct] = cuts[i % cuts.length]!;
            const piece = stream.subarray(offset, offset + length);
            if (direct) read(decoder, piece, length);
            else decoder.push(piece);
            offset += piece.length;
          }
          expect(decoded).toEqual(frames);
          expect(decoder.idle).toBe(true);
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  it('survive being fed byte by byte, and every single cut', () => {
    const frames = [
      frameOf(FrameKind.data, pattern(300), true),
      frameOf(FrameKind.grant, new Uint8Array(0)),
      frameOf(FrameKind.abort, pattern(7)),
    ];
    const stream = join(frames.map(encode));
    for (let cut = 0; cut <= stream.length; cut++) {
      const { decoder, frames: decoded } = collector();
      decoder.push(stream.subarray(0, cut));
      decoder.push(stream.subarray(cut));
      expect(decoded).toEqual(frames);
    }
    const { decoder, frames: decoded } = collector();
    for (const byte of stream) decoder.push(Uint8Array.of(byte));
    expect(decoded).toEqual(frames);
  });

  it('large payloads are read into their destination without passing another buffer', () => {
    const destination = new Uint8Array(5000);
    const decoder = new FrameDecoder({ destination: () => destination, frame: () => {} }, LIMITS);
    decoder.push(encode(frameOf(FrameKind.data, pattern(5000))).subarray(0, 100));
    const buffer = decoder.nextBuffer();
    expect(buffer.buffer).toBe(destination.buffer);
    expect(buffer.byteOffset).toBe(100 - FRAME_PREFIX_BYTES);
    expect(buffer.length).toBe(5000 - (100 - FRAME_PREFIX_BYTES));
  });

  it('that are damaged give a typed error or other frames, never more than the limits allow', () => {
    const outcomes = { refused: 0, accepted: 0 };
    fc.assert(
      fc.property(
        fc.array(anyFrame, { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.integer({ min: 1, max: 3000 }),
        (frames, flips, most) => {
          const stream = join(frames.map(encode));
          for (const [at, mask] of flips) stream[at % stream.length]! ^= mask;
          const { decoder, frames: decoded, allocated } = collector();
          try {
            read(decoder, stream, most);
            outcomes.accepted++;
          } catch (error) {
            expect(error).toBeInstanceOf(FrameError);
            outcomes.refused++;
          }
          expect(decoded.length).toBeLessThanOrEqual(frames.length);
          expect(allocated()).toBeLessThanOrEqual(stream.length + LIMITS.data);
        },
      ),
      { seed: 2, numRuns: 3000 },
    );
    // Both ways out must have been seen, or the property above says nothing.
    expect(outcomes.refused).toBeGreaterThan(500);
    expect(outcomes.accepted).toBeGreaterThan(50);
  });

  it('whose prefix differs in any one bit are refused', () => {
    const stream = encode(frameOf(FrameKind.data, pattern(64)));
    for (let bit = 0; bit < FRAME_PREFIX_BYTES * 8; bit++) {
      const damaged = stream.slice();
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      const { decoder, frames } = collector();
      expect(() => decoder.push(damaged)).toThrow(FrameError);
      expect(frames).toEqual([]);
    }
  });

  it('with a checksum are refused when any bit of the payload differs, others are not', () => {
    const payload = pattern(40);
    for (const guarded of [true, false])
      for (let bit = 0; bit < payload.length * 8; bit++) {
        const stream = encode(frameOf(FrameKind.data, payload, guarded));
        stream[FRAME_PREFIX_BYTES + (bit >>> 3)]! ^= 1 << (bit & 7);
        const { decoder, frames } = collector();
        if (guarded)
          expect(() => decoder.push(stream)).toThrow(
            expect.objectContaining({ code: 'GRADWIRE_FRAME_CHECKSUM' }),
          );
        else decoder.push(stream);
        expect(frames).toHaveLength(guarded ? 0 : 1);
      }
  });
});

describe('a prefix', () => {
  /** A prefix that is right in itself, whatever it says. */
  function sealed(change: (view: DataView) => void): Uint8Array {
    const bytes = encode(frameOf(FrameKind.data, new Uint8Array(0)));
    change(new DataView(bytes.buffer));
    // The check, computed once more as the format describes it.
    const view = new DataView(bytes.buffer);
    let check = 0x6a09e667;
    for (let offset = 0; offset < 28; offset += 4) {
      check = Math.imul(check ^ view.getUint32(offset, true), 0x9e3779b1);
      check = (check << 13) | (check >>> 19);
    }
    view.setUint32(28, check >>> 0, true);
    return bytes;
  }

  it.each([
    ['another magic', (v: DataView) => v.setUint8(0, 0x48), 'GRADWIRE_FRAME_MAGIC'],
    ['a TLS record in its place', (v: DataView) => v.setUint8(0, 0x16), 'GRADWIRE_FRAME_TLS'],
    ['another version', (v: DataView) => v.setUint8(2, 1), 'GRADWIRE_FRAME_VERSION'],
    ['kind 0', (v: DataView) => v.setUint8(3, 0), 'GRADWIRE_FRAME_KIND'],
    ['an unknown kind', (v: DataView) => v.setUint8(3, 16), 'GRADWIRE_FRAME_KIND'],
    ['an unknown flag', (v: DataView) => v.setUint8(4, 8), 'GRADWIRE_FRAME_HEADER'],
    [
      'a length over the limit',
      (v: DataView) => v.setUint32(20, 5001, true),
      'GRADWIRE_FRAME_LENGTH',
    ],
    ['4 GiB', (v: DataView) => v.setUint32(20, 0xffffffff, true), 'GRADWIRE_FRAME_LENGTH'],
  ])('with %s is refused before anything is allocated', (_, change, code) => {
    const { decoder, allocated } = collector();
    expect(() => decoder.push(sealed(change))).toThrow(expect.objectContaining({ code }));
    expect(allocated()).toBe(0);
  });

  it('that is right is accepted, so the refusals above have the reason they name', () => {
    expect(
      readFramePrefix(
        sealed((view) => view.setUint32(20, 5000, true)),
        LIMITS,
      ).length,
    ).toBe(5000);
  });

  it('of a control frame has the smaller limit', () => {
    const bytes = encode(frameOf(FrameKind.abort, pattern(201)));
    expect(() => readFramePrefix(bytes, LIMITS)).toThrow('at most 200');
  });

  it.each(['GET / HTTP/1.1\r\n', 'SSH-2.0-x', '\0', 'GX'])(
    'is not waited for once it cannot become one: %j',
    (text) => {
      const { decoder } = collector();
      expect(() => decoder.push(new TextEncoder().encode(text))).toThrow(
        expect.objectContaining({ code: 'GRADWIRE_FRAME_MAGIC' }),
      );
    },
  );

  it('is told to be of another version after three bytes', () => {
    const { decoder } = collector();
    expect(() => decoder.push(Uint8Array.of(0x47, 0x57, 9))).toThrow('version 9 is not supported');
  });
});

describe('a decoder', () => {
  it('gives the same error for ever after the first', () => {
    const { decoder, frames } = collector();
    expect(() => decoder.push(Uint8Array.of(1))).toThrow(FrameError);
    expect(() => decoder.push(encode(frameOf(FrameKind.goodbye, new Uint8Array(0))))).toThrow(
      FrameError,
    );
    expect(frames).toEqual([]);
  });

  it('passes on what its sink throws', () => {
    const decoder = new FrameDecoder({
      destination: () => {
        throw new Error('no room');
      },
      frame: () => {},
    });
    expect(() => decoder.push(encode(frameOf(FrameKind.data, pattern(9))))).toThrow('no room');
  });

  it('refuses a destination of the wrong length', () => {
    const decoder = new FrameDecoder({
      destination: () => new Uint8Array(8),
      frame: () => {},
    });
    expect(() => decoder.push(encode(frameOf(FrameKind.data, pattern(9))))).toThrow('8 bytes');
  });
});
