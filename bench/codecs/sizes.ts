/** What a payload's size amounts to, beside what theory says it could be. */
import { inspect, type PayloadInfo } from '../../codecs/index.ts';
import type { Facts } from '../support/case.ts';

/**
 * Figures of a payload:
 * - `bitsPerElement`, header included;
 * - `reduction`: bytes as float32 ÷ bytes of the payload;
 * - `indexBits`: bits of an index of a kept element, where indices are sent;
 * - `aboveEntropy`: bytes of the payload ÷ (entropy of the level codes + scales), where codes are
 *   entropy-coded.
 */
export function sizeFacts(payload: Uint8Array): Facts {
  const info = inspect(payload);
  return {
    bitsPerElement: info.bitsPerElement,
    reduction: info.compressionRatio,
    ...indexFacts(info),
    ...entropyFacts(info),
  };
}

function indexFacts({ sections }: PayloadInfo): Facts {
  const indices = sections.find(({ name }) => name === 'indices');
  if (!indices?.symbols) return {};
  return { indexBits: (8 * indices.bytes) / indices.symbols };
}

function entropyFacts({ sections, totalBytes }: PayloadInfo): Facts {
  const codes = sections.find(({ name }) => name === 'elias codes' || name === 'rans codes');
  const scales = sections.find(({ name }) => name === 'scales');
  if (codes?.entropyBits === undefined || !scales) return {};
  return { aboveEntropy: totalBytes / (codes.entropyBits / 8 + scales.bytes) };
}
