import { open } from 'node:fs/promises';
import { localCloudLimits } from '../local-cloud-limits.ts';
import { corruptStateError } from './corrupt-state-error.ts';
import { hasErrno } from '../../../platform/errno.ts';
import { StateRecord } from './state-record.ts';
import { stateError } from './state-error.ts';

/**
 * Reads a JSON file of the cloud's state; null when it does not exist.
 *
 * @throws CLOUD_STATE_CORRUPT when it does not hold what `parse` needs, STORE_UNAVAILABLE.
 */
export async function readStateFile<T>(
  file: string,
  parse: (record: StateRecord) => T,
): Promise<T | null> {
  const text = await readText(file);
  if (text === null) return null;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw corruptStateError(file, 'is not JSON', error);
  }
  return parse(StateRecord.of(json, file));
}

/** The JSON text of a state file; a person may read it too. */
export function formatState(record: object): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

async function readText(file: string): Promise<string | null> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      if (size > localCloudLimits.stateFileMaxBytes) {
        throw corruptStateError(file, `is ${size} bytes long, far more than such a file can be`);
      }
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return null;
    throw stateError(error, `read ${file}`);
  }
}
