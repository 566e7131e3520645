import { describe, expect, it } from 'vitest';
import { decode, encode, inspect, parseCodec } from '../../codecs/index.ts';
import { resealPayload } from '../../proto/payload.ts';

const gradient = Float32Array.from({ length: 700 }, (_, i) => Math.sin(i));

describe('a Node Buffer is a Uint8Array whose slice shares memory', () => {
  it.each(['none', 'qsgd', 'terngrad', 'topk:k=9', 'randomk:k=9', 'quantile'])(
    '%s: reading a payload never writes to it',
    (spec) => {
      const payload = encode(spec, gradient, { seed: 1 });
      const buffer = Buffer.from(payload);
      const expected = decode(payload);
      expect(decode(buffer)).toEqual(expected);
      expect(inspect(buffer)).toEqual(inspect(payload));
      parseCodec(spec).decodeAdd(buffer, new Float32Array(700));
      resealPayload(buffer);
      expect(new Uint8Array(buffer)).toEqual(payload);
      expect(decode(buffer)).toEqual(expected);
    },
  );
});
