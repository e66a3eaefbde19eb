import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';

/** @throws INVALID_ARGUMENT unless `maxBytes` is a number of bytes that can be `read` or `written` */
export function requireBudget(maxBytes: number, use: 'read' | 'written'): void {
  if (Number.isSafeInteger(maxBytes) && maxBytes >= 1) return;
  throw new SnapledgerError('INVALID_ARGUMENT', `${maxBytes} bytes cannot be ${use}`, {
    remedy: 'Give a whole number of bytes above 0.',
  });
}
