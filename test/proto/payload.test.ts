import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { laneChecksum } from '../../proto/checksum.ts';
import { PayloadError } from '../../proto/errors.ts';
import { gradwire } from '../../proto/generated/gradwire.js';
import { FORMAT_VERSION } from '../../proto/ids.ts';
import {
  HeaderTemplate,
  readHeader,
  resealPayload,
  type PayloadFields,
} from '../../proto/payload.ts';
import { assertProperty, mutations } from '../../src/testing/index.ts';

const LIMIT = 2 ** 32;

function build(
  ids: readonly number[],
  spec: string,
  fields: Omit<PayloadFields, 'bodyBytes'>,
  body: Uint8Array,
): Uint8Array {
  const template = new HeaderTemplate(ids, spec, fields.key !== undefined);
  const payload = new Uint8Array(template.byteLength + body.length);
  payload.set(body, template.byteLength);
  template.write(payload, { ...fields, bodyBytes: body.length });
  return payload;
}

const body = Uint8Array.from({ length: 21 }, (_, i) => i);
const key = { low: 0x01020304, high: 0xfffefdfc };
const plain = build([4], 'qsgd:levels=3', { length: 40, saturated: 2, key: undefined }, body);
const keyed = build([7, 4], 'randomk:k=5/qsgd', { length: 40, saturated: 0, key }, body);

/** A sealed payload around any protobuf message. */
function around(message: Uint8Array, rest: Uint8Array = body): Uint8Array {
  const headerBytes = (8 + message.length + 15) & ~15;
  const payload = new Uint8Array(headerBytes + rest.length);
  payload.set([0x47, 0x57, FORMAT_VERSION, headerBytes >>> 4, message.length]);
  payload.set(message, 8);
  payload.set(rest, headerBytes);
  return resealPayload(payload);
}

function refusal(payload: Uint8Array, limit: number = LIMIT): PayloadError {
  try {
    readHeader(payload, limit);
  } catch (error) {
    expect(error).toBeInstanceOf(PayloadError);
    return error as PayloadError;
  }
  throw new Error('the header was accepted');
}

describe('a header', () => {
  it('comes back as it was written', () => {
    expect(readHeader(keyed, LIMIT)).toEqual({
      version: FORMAT_VERSION,
      codecIds: [7, 4],
      spec: 'randomk:k=5/qsgd',
      length: 40,
      headerBytes: 16 * keyed[3]!,
      bodyBytes: body.length,
      saturated: 0,
      checksum: expect.any(Number),
      key,
    });
    expect(readHeader(plain, LIMIT)).toMatchObject({ saturated: 2, key: undefined });
  });

  it('comes back whatever its fields are', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    assertProperty(
      fc.property(
        fc.array(fc.nat(0xffff), { minLength: 1, maxLength: 3 }),
        fc.stringMatching(/^[a-z0-9:=,/.-]{1,60}$/),
        word,
        word,
        fc.option(fc.record({ low: word, high: word }), { nil: undefined }),
        fc.uint8Array({ maxLength: 100 }),
        (ids, spec, length, saturated, streamKey, bytes) => {
          const payload = build(ids, spec, { length, saturated, key: streamKey }, bytes);
          expect(readHeader(payload, LIMIT)).toMatchObject({
            codecIds: ids,
            spec,
            length,
            saturated,
            key: streamKey,
            bodyBytes: bytes.length,
          });
          expect(payload.subarray(16 * payload[3]!)).toEqual(bytes);
        },
      ),
    );
  });

  it('has the documented prelude, and a body at a multiple of 16', () => {
    expect([...plain.subarray(0, 3)]).toEqual([0x47, 0x57, FORMAT_VERSION]);
    const headerBytes = 16 * plain[3]!;
    const messageBytes = plain[4]! | (plain[5]! << 8);
    expect([...plain.subarray(6, 8)]).toEqual([0, 0]);
    expect(headerBytes).toBe(16 * Math.ceil((8 + messageBytes) / 16));
    expect(plain.subarray(8 + messageBytes, headerBytes).every((byte) => byte === 0)).toBe(true);
    expect(plain.subarray(headerBytes)).toEqual(body);
  });

  it('is protobuf that any decoder reads', () => {
    const message = gradwire.PayloadHeader.decode(keyed.subarray(8, 8 + keyed[4]!));
    expect(message).toMatchObject({
      codecIds: [7, 4],
      spec: 'randomk:k=5/qsgd',
      length: 40,
      bodyBytes: 21,
      keyLow: key.low,
      keyHigh: key.high,
    });
  });

  it('is sealed with the checksum of everything, its own field taken as zero', () => {
    const { checksum, headerBytes } = readHeader(plain, LIMIT);
    const header = plain.slice(0, headerBytes);
    const at = header.findIndex((_, i) => header[i] === 0x2d && header[i + 5] === 0x35) + 1;
    expect(new DataView(header.buffer).getUint32(at, true)).toBe(checksum);
    header.fill(0, at, at + 4);
    expect(laneChecksum(plain.subarray(headerBytes), laneChecksum(header))).toBe(checksum);
  });

  it('is written again and again from one template', () => {
    const template = new HeaderTemplate([4], 'qsgd', false);
    const payload = new Uint8Array(template.byteLength + 4);
    const first = { length: 7, bodyBytes: 4, saturated: 9, key: undefined };
    template.write(payload, first);
    const expected = payload.slice();
    template.write(payload, { length: 2 ** 32 - 1, bodyBytes: 0, saturated: 0, key: undefined });
    template.write(payload, first);
    expect(payload).toEqual(expected);
  });

  it('may stand at any byteOffset', () => {
    for (let shift = 1; shift < 5; shift++) {
      const moved = new Uint8Array(keyed.length + shift).subarray(shift);
      moved.set(keyed);
      expect(readHeader(moved, LIMIT)).toEqual(readHeader(keyed, LIMIT));
    }
  });

  it('cannot exceed 4080 bytes', () => {
    expect(new HeaderTemplate([1], 'x'.repeat(4000), true).byteLength).toBeLessThanOrEqual(4080);
    expect(() => new HeaderTemplate([1], 'x'.repeat(4060), true)).toThrow(
      'exceeds 4080: shorten the codec spec',
    );
  });
});

describe('a reader refuses', () => {
  const fixed = { length: 1, bodyBytes: body.length, checksum: 1, saturated: 1 };

  it.each([
    ['nothing at all', new Uint8Array(0), 'TRUNCATED', 'the prelude needs 8 bytes, got 0'],
    ['one byte of magic', plain.subarray(0, 1), 'TRUNCATED', 'the prelude needs 8 bytes, got 1'],
    ['half a header', plain.subarray(0, 40), 'TRUNCATED', 'the header needs 48 bytes, got 40'],
    ['other magic', Uint8Array.of(0x47, 0x58), 'FOREIGN', 'does not start with "GW"'],
    ['a message longer than the header', edited(plain, 5, 1), 'HEADER', 'contradict each other'],
    ['a header without room', edited(plain, 3, 0), 'HEADER', 'contradict each other'],
    ['reserved bytes in use', edited(plain, 6, 1), 'HEADER', 'contradict each other'],
    ['no protobuf', around(Uint8Array.of(0xff, 0xff, 0xff)), 'HEADER', 'not a valid protobuf'],
    ['an empty message', around(new Uint8Array(0), new Uint8Array(0)), 'HEADER', 'is missing'],
    [
      'a message without checksum',
      around(
        gradwire.PayloadHeader.encode({ spec: 'qsgd', length: 1, bodyBytes: body.length }).finish(),
      ),
      'HEADER',
      'the checksum field is missing',
    ],
    [
      'half a key',
      around(gradwire.PayloadHeader.encode({ ...fixed, keyHigh: 1 }).finish()),
      'HEADER',
      'half of the stream key is missing',
    ],
    [
      'a field behind the fixed ones',
      around(
        Uint8Array.of(...gradwire.PayloadHeader.encode(fixed).finish(), 0x12, 0x02, 0x61, 0x62),
      ),
      'HEADER',
      'the checksum field is missing',
    ],
    ['a body cut off', plain.subarray(0, plain.length - 1), 'TRUNCATED', 'got 68'],
    ['a byte too many', Uint8Array.of(...plain, 0), 'OVERSIZED', '1 bytes behind its declared end'],
    ['a damaged body', edited(plain, 60, 99), 'CHECKSUM', 'payload is damaged'],
    ['damaged padding', edited(plain, 47, 1), 'CHECKSUM', 'payload is damaged'],
    ['an old version', edited(plain, 2, 0), 'VERSION', 'unknown format version 0'],
    ['a newer version', edited(plain, 2, 9), 'VERSION', 'version 9, this library reads up to 1'],
  ])('%s', (_, payload, code, message) => {
    const error = refusal(payload);
    expect(error.code).toBe(`GRADWIRE_PAYLOAD_${code}`);
    expect(error.message).toContain(message);
  });

  function edited(payload: Uint8Array, at: number, value: number): Uint8Array {
    const copy = payload.slice();
    copy[at] = value;
    return copy;
  }

  it('more elements than the limit, before it looks at the body', () => {
    const huge = build([4], 'qsgd', { length: 1000, saturated: 0, key: undefined }, body);
    expect(refusal(huge.subarray(0, huge.length - 5), 999).code).toBe('GRADWIRE_PAYLOAD_LIMIT');
    expect(readHeader(huge, 1000).length).toBe(1000);
  });

  it('every change of a single bit', () => {
    for (const payload of [plain, keyed])
      for (let bit = 0; bit < 8 * payload.length; bit++) {
        const damaged = edited(payload, bit >>> 3, payload[bit >>> 3]! ^ (1 << (bit & 7)));
        expect(refusal(damaged).code, `bit ${bit}`).toMatch(/^GRADWIRE_PAYLOAD_/);
      }
  });

  it('any mutation with nothing but a PayloadError, or reads it soundly', () => {
    assertProperty(
      fc.property(
        fc.constantFrom(plain, keyed).chain((payload) => mutations(payload)),
        (damaged) => {
          const copy = damaged.slice();
          try {
            const header = readHeader(damaged, 2 ** 16);
            expect(header.headerBytes + header.bodyBytes).toBe(damaged.length);
            expect(header.length).toBeLessThanOrEqual(2 ** 16);
          } catch (error) {
            expect(error).toBeInstanceOf(PayloadError);
          }
          expect(damaged).toEqual(copy);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('resealPayload', () => {
  it('leaves a sound payload as it is, in a new array', () => {
    const sealed = resealPayload(keyed);
    expect(sealed).toEqual(keyed);
    expect(sealed).not.toBe(keyed);
  });

  it('repairs body length and checksum after any edit of the body', () => {
    assertProperty(
      fc.property(
        fc.constantFrom(plain, keyed),
        fc.uint8Array({ maxLength: 80 }),
        (from, bytes) => {
          const start = 16 * from[3]!;
          const edited = Uint8Array.of(...from.subarray(0, start), ...bytes);
          const header = readHeader(resealPayload(edited), LIMIT);
          expect(header.bodyBytes).toBe(bytes.length);
          expect(header.length).toBe(40);
        },
      ),
    );
  });

  it('returns what is beyond repair unchanged', () => {
    for (const bytes of [new Uint8Array(0), Uint8Array.of(1, 2, 3), plain.subarray(0, 20)])
      expect(resealPayload(bytes)).toEqual(Uint8Array.from(bytes));
  });
});
