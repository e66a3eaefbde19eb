import type { SnapledgerError } from './snapledger-error.ts';

/** A detail of an error that is one text or number; null when it has none of that name. */
export function detailText({ details }: SnapledgerError, name: string): string | null {
  const detail = details[name];
  return typeof detail === 'string' || typeof detail === 'number' ? String(detail) : null;
}
