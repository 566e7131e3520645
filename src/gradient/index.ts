/** Many named tensors as one flat vector: layouts, buckets, copies in and out. */
export { DEFAULT_BUCKET_BYTES, Layout } from './layout.ts';
export type { Bucket, NamedArrays, TensorShape, TensorSlot } from './layout.ts';
