import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';

/** Fewer characters would be taken for an id by accident. */
const prefixMinLength = 4;

/**
 * The one of `ids` that is or begins with `prefix`, or null when there is none.
 *
 * @throws AMBIGUOUS_ID when there are several, INVALID_ARGUMENT when the prefix is too short
 */
export function findByPrefix<Id extends string>(
  prefix: string,
  ids: Iterable<Id>,
  what: 'session' | 'restore point' | 'item' | 'hold',
): Id | null {
  if (prefix.length < prefixMinLength) {
    throw new SnapledgerError('INVALID_ARGUMENT', `'${prefix}' is too short for a ${what}`, {
      remedy: `Give at least the first ${prefixMinLength} characters.`,
    });
  }
  const found = [...ids].filter((id) => id.startsWith(prefix));
  const exact = found.find((id) => id === prefix);
  if (exact !== undefined) return exact;
  if (found.length > 1) {
    throw new SnapledgerError(
      'AMBIGUOUS_ID',
      `'${prefix}' could be any of ${found.length} ${what}s: ${found.slice(0, 5).join(', ')}`,
      { remedy: 'Give more of its characters.' },
    );
  }
  return found[0] ?? null;
}
