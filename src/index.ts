/**
 * gradwire: communication-compressed distributed training.
 * @module
 */
export * from '../codecs/index.ts';
