import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { StreamName } from '../../ports/event-store.ts';
import { namespaceMaxLength } from './kurrentdb-limits.ts';

/*
 * A server is shared: with other programs, and with other ledgers. Each ledger has its own
 * namespace there, and every stream of it is stored as `<namespace>.<stream>`.
 */

/** No dash, because the server's projections take what stands before the first for the category. */
const namespacePattern = /^[A-Za-z0-9][A-Za-z0-9_]*$/;

/** @throws INVALID_ARGUMENT */
export function checkNamespace(namespace: string): void {
  if (namespace.length <= namespaceMaxLength && namespacePattern.test(namespace)) return;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `${JSON.stringify(namespace.slice(0, namespaceMaxLength + 1))} cannot be the namespace of a ledger.`,
    {
      remedy: `Use 1 to ${namespaceMaxLength} letters, digits and underscores, the first of them no underscore.`,
    },
  );
}

/** The name, or the beginning of names, that the server knows it by. */
export function storedName(namespace: string, streamOrPrefix: string): string {
  return `${namespace}.${streamOrPrefix}`;
}

/** The name of a stored stream in its ledger. */
export function nameInLedger(namespace: string, stored: string): StreamName {
  return stored.slice(namespace.length + 1) as StreamName;
}
