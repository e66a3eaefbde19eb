import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { ObjectLocation } from './object-corrupt.ts';
import { objectCorrupt } from './object-corrupt.ts';

/**
 * For reading what a committed point needs: that it is not there, or too short, is damage.
 *
 * @throws OBJECT_CORRUPT instead of OBJECT_NOT_FOUND and OBJECT_RANGE
 */
export async function requiredObject<Result>(
  location: ObjectLocation,
  reading: Promise<Result>,
): Promise<Result> {
  try {
    return await reading;
  } catch (error) {
    if (hasErrorCode(error, 'OBJECT_NOT_FOUND')) {
      throw objectCorrupt(location, 'the object is missing', error);
    }
    if (hasErrorCode(error, 'OBJECT_RANGE')) {
      throw objectCorrupt(location, 'the object ends before the end of this part', error);
    }
    throw error;
  }
}
