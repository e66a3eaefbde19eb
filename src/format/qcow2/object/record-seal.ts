import type { RandomSource } from '../../../ports/random-source.ts';
import { corrupt } from './refusals.ts';
import type { Protection } from './protection.ts';
import { seal, sealOverheadBytes, unseal } from './seal.ts';

/** How the records of one session's parts are stored. A record is sealed by itself. */
export interface RecordSeal {
  store(partKey: string, ordinal: number, record: Uint8Array): Uint8Array;
  /** @throws OBJECT_CORRUPT */
  open(partKey: string, ordinal: number, stored: Uint8Array): Uint8Array;
}

/** What sealing adds to each record of a part. */
export function recordOverheadBytes(protection: Protection): number {
  return protection === 'sealed' ? sealOverheadBytes : 0;
}

/** A plain record is checked by the digest of its block, which is in the index of its image. */
export function createRecordSeal(
  protection: Protection,
  key: Uint8Array,
  random: RandomSource,
): RecordSeal {
  if (protection === 'plain') {
    return {
      store: (_partKey, _ordinal, record) => record,
      open: (_partKey, _ordinal, stored) => stored,
    };
  }
  // The key of the part names its session, whose key this is; sessions are of one repository.
  const bindingOf = (partKey: string, ordinal: number): string =>
    `snapledger/qcow2/1/record/${partKey}/${ordinal}`;
  return {
    store: (partKey, ordinal, record) => seal(key, bindingOf(partKey, ordinal), record, random),
    open: (partKey, ordinal, stored) => {
      const record = unseal(key, bindingOf(partKey, ordinal), stored);
      if (record === null) throw corrupt(partKey, `its record ${ordinal} is not authentic`);
      return record;
    },
  };
}
