/**
 * Every code that an error of snapledger can carry. A code is stable: programs may depend on it,
 * and `docs/errors.md` explains each one. A code once published is never given another meaning.
 */
export const errorCodes = [
  // what a caller asked for
  'INVALID_ARGUMENT',
  'UNKNOWN_INSTANCE',
  'UNKNOWN_SESSION',
  'UNKNOWN_POINT',
  'UNKNOWN_VOLUME',
  'AMBIGUOUS_ID',
  'INSTANCE_EXISTS',
  'POLICY_INVALID',
  'NO_POLICY',
  'TARGET_EXISTS',
  'CANCELLED',
  // vault and keys
  'NOT_A_VAULT',
  'VAULT_EXISTS',
  'VAULT_VERSION',
  'WRONG_PASSPHRASE',
  'RUNTIME_TOO_OLD',
  // the ledger
  'REVISION_CONFLICT',
  'LEDGER_CORRUPT',
  'LEDGER_UNAVAILABLE',
  'UNKNOWN_EVENT',
  'ILLEGAL_TRANSITION',
  // sessions
  'INSTANCE_BUSY',
  'SESSION_FENCED',
  'INTERRUPTED',
  'WORKER_LOST',
  'WORKER_FAILED',
  'TIMED_OUT',
  'PRESENCE_UNAVAILABLE',
  // disks, snapshots and workers of a cloud
  'DISK_MISSING',
  'DISK_UNREADABLE',
  'DISK_EMPTY',
  'DISK_NOT_ALIGNED',
  'DISK_CHANGED',
  'SNAPSHOT_NOT_FOUND',
  'SNAPSHOT_FAILED',
  'SNAPSHOTS_UNRELATED',
  'VOLUME_NOT_FOUND',
  'WORKER_NOT_FOUND',
  'CLOUD_STATE_CORRUPT',
  'CHANGED_BLOCKS_UNAVAILABLE',
  // the repository
  'OBJECT_EXISTS',
  'OBJECT_NOT_FOUND',
  'OBJECT_RANGE',
  'OBJECT_KEY_INVALID',
  'STORE_FULL',
  'STORE_UNAVAILABLE',
  'NOT_A_REPOSITORY',
  'REPOSITORY_EXISTS',
  'REPOSITORY_VERSION',
  'OBJECT_CORRUPT',
  'POINT_DAMAGED',
  'TARGET_FULL',
  // the mailbox between engine and worker
  'MAILBOX_REJECTED',
  // the sealed ledger
  'LEDGER_TAMPERED',
  'LEDGER_DIVERGED',
  'WITNESS_FAILED',
  'NOTHING_SEALED',
  // a limit of the program itself
  'LIMIT_EXCEEDED',
  // a state that the code holds to be impossible
  'INTERNAL',
] as const;

export type ErrorCode = (typeof errorCodes)[number];
