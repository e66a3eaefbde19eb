import { SnapledgerError } from '../errors/snapledger-error.ts';
import { object, type Shape, text } from './shape.ts';

/** A sensitive value as an event has it. */
export interface SealedValue {
  /** Whose key it is sealed with: the stream of an instance. */
  readonly subject: string;
  /** Which key of the subject. */
  readonly keyId: string;
  /** Base64. */
  readonly sealed: string;
}

/** Longer than any event may be. */
const lengthMax = 1024 * 1024;

export const sealedShape: Shape<SealedValue> = object<SealedValue>({
  subject: text({ maxLength: lengthMax, meaning: 'whose key seals it' }),
  keyId: text({ maxLength: 16, pattern: '^[0-9a-f]{16}$', meaning: '16 hexadecimal digits' }),
  sealed: text({ maxLength: lengthMax, pattern: '^[A-Za-z0-9+/]+={0,2}$', meaning: 'base64' }),
});

/** Documents are read by shapes too; what can be forgotten is in events alone. */
export function ofEventsOnly(): SnapledgerError {
  return new SnapledgerError('INTERNAL', 'a document has nothing that is sealed');
}
