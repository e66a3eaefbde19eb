import { StrataDefect } from '../../../tools/strata-reader/defect.ts';
import { type SessionKeys, sessionKeys } from '../../../tools/strata-reader/keys.ts';
import type { RepositoryKeys } from '../../../tools/strata-reader/keys.ts';
import type { ObjectReader } from '../../../tools/strata-reader/object-reader.ts';
import {
  openRecord,
  packHeaderBytes,
  parseRecordHeader,
  recordHeaderBytes,
  recordTagBytes,
} from '../../../tools/strata-reader/record.ts';
import { openSealed, sealedKind } from '../../../tools/strata-reader/sealed-object.ts';

/** Any 32 bytes that a thief has, by where they are from. */
export type Loot = ReadonlyMap<string, Buffer>;

/**
 * Tries every piece of the loot as every key there is on everything below `points/`, `keys/` and
 * `packs/`. Gives what opened, as `<object> with <piece of loot>`; content is not looked at further.
 */
export function attack(objects: ObjectReader, repositoryId: string, loot: Loot): readonly string[] {
  const opened: string[] = [];
  const attempt = (name: string, open: () => unknown): void => {
    try {
      open();
      opened.push(name);
    } catch (error) {
      if (!(error instanceof StrataDefect)) throw error;
      // The id is checked after the content was decrypted: for a thief that is as good as open.
      if (error.message.includes('does not have its id')) opened.push(name);
    }
  };
  for (const key of objects.keys().toSorted()) {
    for (const [name, sealKey] of loot) {
      if (key.startsWith('points/') || key.startsWith('keys/')) {
        const kinds = [sealedKind.sessionKey, sealedKind.manifest, sealedKind.tombstone];
        attempt(`${key} with ${name}`, () =>
          openSealed(objects, key, { repositoryId, sealKey, kinds }),
        );
      }
      if (!key.startsWith('packs/')) continue;
      for (const record of recordsOf(objects, key)) {
        for (const session of sessionsOf(sealKey)) {
          attempt(`${key} with ${name}`, () =>
            openRecord(record, key, { repositoryId, session, repository: anyIdKey(loot) }),
          );
        }
      }
    }
  }
  return [...new Set(opened)];
}

/** The bytes as a data key, and as what is derived from one. */
function sessionsOf(key: Buffer): readonly SessionKeys[] {
  return [sessionKeys(key), { block: key, node: key, control: key }];
}

/** K_id is the only key of ids that a thief can have. */
function anyIdKey(loot: Loot): RepositoryKeys {
  const key = loot.get('K_id') ?? Buffer.alloc(32);
  return { blockId: key, nodeId: key, wrap: key, manifest: key, header: key, worker: key };
}

/** The records of a pack, found by their headers. */
export function* recordsOf(objects: ObjectReader, pack: string): Generator<Buffer> {
  const size = objects.sizeOf(pack) ?? 0;
  for (let offset = packHeaderBytes; offset < size;) {
    const header = parseRecordHeader(objects.read(pack, offset, recordHeaderBytes), pack);
    const lengthBytes = recordHeaderBytes + header.storedLength + recordTagBytes;
    yield objects.read(pack, offset, lengthBytes);
    offset += lengthBytes;
  }
}
