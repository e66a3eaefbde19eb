import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { GlobalPosition } from '../../ports/event-store.ts';

/** Where an event stands in the server's transaction log. */
export interface LogPosition {
  readonly commit: bigint;
  readonly prepare: bigint;
}

/** The largest unsigned 64 bits, which the server gives where it knows no position. */
const unknownPosition = 2n ** 64n - 1n;

/** Written `commit/prepare`, both in decimal. */
export function formatPosition({ commit, prepare }: LogPosition): GlobalPosition {
  return `${commit}/${prepare}` as GlobalPosition;
}

/** @throws INVALID_ARGUMENT for a position that is not one of such a server */
export function parsePosition(position: GlobalPosition): LogPosition {
  const [, commit, prepare] = /^(\d{1,20})\/(\d{1,20})$/.exec(position) ?? [];
  if (commit !== undefined && prepare !== undefined) {
    const parsed: LogPosition = { commit: BigInt(commit), prepare: BigInt(prepare) };
    if (isKnownPosition(parsed)) return parsed;
  }
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `${JSON.stringify(position)} is no position of a ledger on KurrentDB.`,
    { remedy: 'Give the position of an event that was read from this ledger.' },
  );
}

export function isKnownPosition({ commit, prepare }: LogPosition): boolean {
  return commit < unknownPosition && prepare < unknownPosition;
}

export function isAfter(one: LogPosition, other: LogPosition): boolean {
  return one.commit > other.commit || (one.commit === other.commit && one.prepare > other.prepare);
}
