/**
 * Bodies of level codecs with an entropy coding: a packed body whose codes section is replaced by a
 * coded one where that is shorter, and a byte behind it that tells which: 0 = packed, 1 = coded.
 *
 * Decoders hold a window of unpacked codes, not the vector: the coded section is read once to check
 * it and once more to decode it.
 */
import { bodyError, entropyBits } from '../body.ts';
import { kernels, type LevelsPlan } from '../kernels/index.ts';
import {
  blockCount,
  codesBytes,
  codeWidth,
  levelsBodyBytes,
  scalesBytes,
} from '../kernels/levels-layout.ts';
import { CODES_TAIL, packCodes } from '../kernels/reference/codes.ts';
import { checkScales, packedBody, type LevelsBody } from '../levels-body.ts';
import type { Section } from '../stage.ts';
import { WINDOW, type EntropyCoding } from './coding.ts';

const PACKED = 0;
const CODED = 1;

const codes = new Uint8Array(WINDOW + CODES_TAIL);
/** A packed body of one window: at most a scale and a code of 8 bits an element. */
const windowBody = new Uint8Array(5 * WINDOW + 2 * CODES_TAIL);

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

/** Reads all codes of a coded body, a window at a time. @throws PayloadError */
function forEachCodes(
  body: Uint8Array,
  plan: LevelsPlan,
  { reader }: EntropyCoding,
  visit: (count: number) => void,
): void {
  reader.open(sectionOf(body, plan), plan);
  for (let start = 0; start < plan.length; start += WINDOW) {
    const count = Math.min(WINDOW, plan.length - start);
    reader.read(codes, count);
    visit(count);
  }
  reader.finish();
}

/**
 * Elements of the window at `start`: whole blocks, or part of one block, so that the window is a
 * vector of its own.
 */
function windowLength(plan: LevelsPlan, start: number): number {
  const { block, length } = plan;
  const room =
    block < WINDOW ? Math.floor(WINDOW / block) * block : Math.min(WINDOW, block - (start % block));
  return Math.min(room, length - start);
}

/** Calls `visit` with a packed body for each window of a coded body that was checked. */
function forEachWindow(
  body: Uint8Array,
  plan: LevelsPlan,
  { reader }: EntropyCoding,
  visit: (window: LevelsPlan, start: number) => void,
): void {
  reader.open(sectionOf(body, plan), plan);
  let count: number;
  for (let start = 0; start < plan.length; start += count) {
    count = windowLength(plan, start);
    const window = { ...plan, length: count, block: Math.min(plan.block, count) };
    const firstBlock = Math.floor(start / plan.block);
    const scaleBytes = 4 * blockCount(window);
    windowBody.set(body.subarray(4 * firstBlock, 4 * firstBlock + scaleBytes));
    reader.read(codes, count);
    packCodes(codes, window, 0, count, windowBody, scalesBytes(window));
    visit(window, start);
  }
  reader.finish();
}

/** @throws PayloadError unless scales and codes are sound and nothing is left over */
function checkCoded(body: Uint8Array, plan: LevelsPlan, coding: EntropyCoding): void {
  const bytes = body.length - 1 - scalesBytes(plan);
  if (bytes < 0) throw bodyError('shorter than its scales');
  if (bytes >= codesBytes(plan))
    throw bodyError(`${bytes} bytes of coded codes where packed ones take ${codesBytes(plan)}`);
  checkScales(body, plan);
  forEachCodes(body, plan, coding, () => {});
}

function codedSections(body: Uint8Array, plan: LevelsPlan, coding: EntropyCoding): Section[] {
  const counts = Array.from({ length: 2 ** codeWidth(plan.levels) }, () => 0);
  forEachCodes(body, plan, coding, (count) => {
    for (let i = 0; i < count; i++) counts[codes[i]!]!++;
  });
  const { tableBytes } = coding.reader;
  return [
    { name: 'scales', bytes: scalesBytes(plan) },
    ...(tableBytes > 0 ? [{ name: 'frequencies', bytes: tableBytes }] : []),
    {
      name: `${coding.name} codes`,
      bytes: sectionOf(body, plan).length - tableBytes,
      symbols: plan.length,
      entropyBits: entropyBits(counts),
    },
  ];
}

/** Bodies that `coding` makes shorter where it can. */
export function codedBody(coding: EntropyCoding): LevelsBody {
  return {
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
      if (mode === PACKED) packedBody.check(contentOf(body), plan);
      else if (mode === CODED) checkCoded(body, plan, coding);
      else throw bodyError(`mode ${mode ?? 'missing'} of the codes is neither packed nor coded`);
    },
    decode(body, plan, out) {
      if (modeOf(body) === PACKED) packedBody.decode(contentOf(body), plan, out);
      else
        forEachWindow(body, plan, coding, (window, start) =>
          kernels.decodeLevels(windowBody, window, out.subarray(start, start + window.length)),
        );
    },
    add(body, plan, sum, weight) {
      if (modeOf(body) === PACKED) packedBody.add(contentOf(body), plan, sum, weight);
      else
        forEachWindow(body, plan, coding, (window, start) => {
          const part = sum.subarray(start, start + window.length);
          kernels.addLevels(windowBody, window, part, weight);
        });
    },
    sections: (body, plan) => [
      ...(modeOf(body) === PACKED
        ? packedBody.sections(contentOf(body), plan)
        : codedSections(body, plan, coding)),
      { name: 'mode', bytes: 1 },
    ],
  };
}
