import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { allSlotTablesPrefix, headerObjectKey } from './object-keys.ts';

/** Where in the repository something was read: a whole object, or a part of it. */
export interface ObjectLocation {
  readonly objectKey: string;
  /** First byte and length of the part; absent for the whole object. */
  readonly range?: { readonly offset: number; readonly lengthBytes: number };
}

const remedy =
  "'snapledger verify --deep' shows which points are hurt; whatever else is sound can be restored.";
const headerRemedy =
  'Nothing in the repository can be opened without this object: put it back from a copy.';
const slotTableRemedy =
  'Nothing in the repository can be opened while this object is so. If somebody else put it there ' +
  'remove it, and if it is your own put it back from a copy: docs/threat-model.md says how to tell.';

/**
 * The error for bytes that are not what was written: damaged, swapped or forged.
 *
 * `details` carries `objectKey`, `reason` and, for a part of an object, `offset` and `lengthBytes`.
 */
export function objectCorrupt(
  location: ObjectLocation,
  reason: string,
  cause?: unknown,
): SnapledgerError {
  const { objectKey, range } = location;
  const where =
    range === undefined
      ? objectKey
      : `${objectKey}, bytes ${range.offset} to ${range.offset + range.lengthBytes - 1}`;
  return new SnapledgerError('OBJECT_CORRUPT', `the repository is damaged at ${where}: ${reason}`, {
    cause,
    remedy: remedyFor(objectKey),
    details: { objectKey, reason, ...range },
  });
}

/** Why the bytes are not what was written, without where they are. */
export function corruptionReason({ details, message }: SnapledgerError): string {
  const { reason } = details;
  return typeof reason === 'string' ? reason : message;
}

function remedyFor(objectKey: string): string {
  if (objectKey === headerObjectKey) return headerRemedy;
  return objectKey.startsWith(allSlotTablesPrefix) ? slotTableRemedy : remedy;
}
