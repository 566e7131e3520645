/** Law about hostile bytes. */
import fc from 'fast-check';
import { decode, PayloadError, streamsFor, type Codec } from '../../../codecs/index.ts';
import { encodeWith, sameBytes } from '../encoding.ts';
import { gradients } from '../gradients.ts';
import { demand, forAll, type Law } from '../law.ts';
import { mutations } from '../mutations.ts';

const MAX_LENGTH = 2 ** 16;
const MARK = 42;

/** Runs a decoder of hostile bytes; true when it succeeded. Anything but PayloadError is passed on. */
function succeeds(decoder: () => void): boolean {
  try {
    decoder();
    return true;
  } catch (error) {
    if (error instanceof PayloadError) return false;
    throw error;
  }
}

function checkDamaged(codec: Codec, payload: Uint8Array, length: number): void {
  let decoded: Float32Array | undefined;
  succeeds(() => {
    decoded = decode(payload, { codecs: [codec], maxLength: MAX_LENGTH });
  });
  demand(
    decoded === undefined || decoded.every(Number.isFinite),
    () => 'damaged bytes decode to an element that is not finite',
  );
  const marked = new Float32Array(length).fill(MARK);
  for (const name of ['decodeInto', 'decodeAdd'] as const) {
    const out = marked.slice();
    const intact = succeeds(() => codec[name](payload, out));
    demand(
      intact || sameBytes(out, marked),
      () => `${name} changed its output before it threw a PayloadError`,
    );
  }
}

/** Damaged payloads throw PayloadError and change nothing, or decode to finite numbers. */
export const damageLaw: Law = {
  name: 'damage',
  check(subject) {
    const { codec } = subject;
    const short = gradients({ lengths: [0, 1, 7, 33, 130] });
    const damaged = short.chain((x) =>
      mutations(encodeWith(codec, x, streamsFor({ seed: 3 }))).map((payload) => ({
        payload,
        length: x.length,
      })),
    );
    forAll(
      { ...subject, runs: 5 * subject.runs },
      fc.property(damaged, ({ payload, length }) => checkDamaged(codec, payload, length)),
    );
  },
};
