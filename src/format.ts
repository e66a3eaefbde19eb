/**
 * What a storage format is written with: its interfaces, and the few values that they need. Light
 * enough for a worker, which loads nothing else of snapledger for a format that is plugged in.
 * docs/formats.md is its documentation.
 *
 * @module
 */
export type * from './format/block-damage.ts';
export type * from './format/collection.ts';
export type { FormatDescription, FormatTraits } from './format/format-description.ts';
export type * from './format/format-plug.ts';
export type * from './format/key-slots.ts';
export type * from './format/relocator.ts';
export type * from './format/repairer.ts';
export type * from './format/point-merger.ts';
export type * from './format/point-trace.ts';
export type * from './format/repository.ts';
export type * from './format/repository-options.ts';
export type * from './format/restore-point.ts';
export type * from './format/storage-format.ts';
export type * from './format/transfer.ts';
export type * from './format/transfer-plan.ts';
export type * from './format/transfer-segment.ts';
export type * from './format/verification.ts';
export type { TransferCounts } from './domain/backup-session/transfer-counts.ts';
export type * from './domain/identifiers.ts';
export { blockCountOf, blockLengthBytes, blockSizeBytes } from './domain/block-size.ts';
export { type ErrorCode, errorCodes } from './domain/errors/error-code.ts';
export {
  hasErrorCode,
  isSnapledgerError,
  SnapledgerError,
} from './domain/errors/snapledger-error.ts';
export type * from './ports/block-source.ts';
export type { ChangedBlock } from './ports/cloud/changed-blocks.ts';
export type { Clock } from './ports/clock.ts';
export type { RandomSource } from './ports/random-source.ts';
export {
  type ByteRange,
  type CreateOptions,
  type ObjectInfo,
  type ObjectKey,
  type ObjectStore,
  objectStoreLimits,
  type Retention,
} from './ports/object-store.ts';
