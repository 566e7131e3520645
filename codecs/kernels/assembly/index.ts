/**
 * SIMD kernels in AssemblyScript, on raw pointers: no managed objects, no allocation, no statics.
 * The caller owns the memory and passes every address (codecs/kernels/simd/memory.ts). Build:
 * `npm run wasm:build`.
 *
 * Each kernel equals its TypeScript twin in codecs/kernels/reference bit for bit, so float32
 * operations come one by one and in the twin's order.
 */
export { maxMagnitude } from "./scan";
export { addStatistics, computeUnit, resetStatistics } from "./unit";
export { decodeElements, encodeElements, maxCode, measureBlocks, sweepElements } from "./levels";
export { packPlane, unpackPlane } from "./planes";
export { packTrits, unpackTrits } from "./trits";
export { countBytes } from "./histogram";
export { decodeRans, encodeRans, prepareSlots } from "./rans";
export { decodeElias, encodeElias } from "./elias";
export { absorb } from "./checksum";
export { addHalf, decodeHalf, encodeHalf, hasNonFiniteHalf } from "./half";
export { encodeQuantile, relateToMeans, sumFrom } from "./quantile";
export { drawUniforms, pickStratified, pickUniform } from "./sampling";
export { addQuotients, packGaps, unpackGaps } from "./rice";
export { addFloats, addVectors, clear, divide } from "./vector";
export {
  collectKeys,
  compact,
  countAtLeast,
  countKeys,
  findThreshold,
  gatherLines,
  keepAbove,
  selectBlocks,
} from "./select";
