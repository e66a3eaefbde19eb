/**
 * The conformance suite for storage formats: the tests that a format has to pass before it may be
 * plugged in. Needs `fast-check`, a peer dependency. docs/formats.md says what they hold a format to.
 *
 * @module
 */
export { storageFormatConformance } from './conformance/storage-format-conformance.ts';
export type { TestRunner } from './conformance/test-runner.ts';
export type { StorageFormat } from './format/storage-format.ts';
