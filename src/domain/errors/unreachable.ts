import { SnapledgerError } from './snapledger-error.ts';

/** The end of an exhaustive switch: the compiler proves that it is never reached. */
export function unreachable(value: never): never {
  throw new SnapledgerError('INTERNAL', `a case that cannot be: ${JSON.stringify(value)}`);
}
