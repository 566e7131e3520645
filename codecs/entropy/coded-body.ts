/**
 * Bodies of level codecs with an entropy coding: a packed body whose codes section is replaced by a
 * coded one where that is shorter, and a byte behind it that tells which: 0 = packed, 1 = coded.
 *
 * Whether a coded section is sound is known when its last code is read. So that it is read once, checking
 * it leaves the packed body that it stands for in scratch, and that is what is decoded.
 * Scratch: a packed body, at most a byte an element beside the scales, which were sent; none for
 * sections that have no room for so many codes.
 */
import { bodyError } from '../body.ts';
import type { LevelsPlan } from '../kernels/index.ts';
import { codesBytes, levelsBodyBytes, scalesBytes } from '../kernels/levels-layout.ts';
import { checkScales, codeEntropy, packedBody, type LevelsBody } from '../levels-body.ts';
import type { Section } from '../stage.ts';
import { ByteScratch, type EntropyCoding } from './coding.ts';

const PACKED = 0;
const CODED = 1;

const scratch = new ByteScratch();

function modeOf(body: Uint8Array): number | undefined {
  return body[body.length - 1];
}

/** The body without its mode. */
function contentOf(body: Uint8Array): Uint8Array {
  return body.subarray(0, -1);
}

/** The coded codes. */
function sectionOf(body: Uint8Array, plan: LevelsPlan): Uint8Array {
  return body.subarray(scalesBytes(plan), -1);
}

/** The packed body that a coded one stands for, in scratch. @throws PayloadError */
function unpackCoded(body: Uint8Array, plan: LevelsPlan, coding: EntropyCoding): Uint8Array {
  const bytes = body.length - 1 - scalesBytes(plan);
  if (bytes < 0) throw bodyError('shorter than its scales');
  if (bytes >= codesBytes(plan))
    throw bodyError(`${bytes} bytes of coded codes where packed ones take ${codesBytes(plan)}`);
  checkScales(body, plan);
  const section = sectionOf(body, plan);
  coding.checkRoom(section, plan);
  const packed = scratch.get(levelsBodyBytes(plan));
  packed.set(body.subarray(0, scalesBytes(plan)));
  try {
    coding.decode(section, plan, packed);
  } catch (error) {
    // A header may ask for more than its body turns out to hold.
    scratch.release();
    throw error;
  }
  return packed;
}

function codedSections(body: Uint8Array, plan: LevelsPlan, coding: EntropyCoding): Section[] {
  const section = sectionOf(body, plan);
  const tableBytes = coding.tableBytes(section, plan);
  return [
    { name: 'scales', bytes: scalesBytes(plan) },
    ...(tableBytes > 0 ? [{ name: 'frequencies', bytes: tableBytes }] : []),
    {
      name: `${coding.name} codes`,
      bytes: section.length - tableBytes,
      symbols: plan.length,
      entropyBits: codeEntropy(unpackCoded(body, plan, coding), plan),
    },
  ];
}

/** Bodies that `coding` makes shorter where it can. */
export function codedBody(coding: EntropyCoding): LevelsBody {
  return {
    ...packedBody,
    maxBytes: (plan) => levelsBodyBytes(plan) + 1,
    encode(x, plan, stream, body, residual) {
      const packedBytes = packedBody.encode(x, plan, stream, body, residual);
      const section = coding.encode(body, plan);
      const end = section ? scalesBytes(plan) + section.length : packedBytes;
      if (section) body.set(section, scalesBytes(plan));
      body[end] = section ? CODED : PACKED;
      return end + 1;
    },
    check(body, plan) {
      const mode = modeOf(body);
      if (mode === PACKED) return packedBody.check(contentOf(body), plan);
      if (mode === CODED) return unpackCoded(body, plan, coding);
      throw bodyError(`mode ${mode ?? 'missing'} of the codes is neither packed nor coded`);
    },
    sections: (body, plan) => [
      ...(modeOf(body) === PACKED
        ? packedBody.sections(contentOf(body), plan)
        : codedSections(body, plan, coding)),
      { name: 'mode', bytes: 1 },
    ],
  };
}
