import type { ObjectKey } from '../../../ports/object-store.ts';
import type { PackName } from '../object/object-keys.ts';
import { packKey } from '../object/object-keys.ts';

/** A pack as maps refer to it; the refs of one map node share their packs. */
export interface PackRef extends PackName {
  readonly key: ObjectKey;
}

/** Where a record is, and which one it must be. */
export interface RecordRef {
  readonly pack: PackRef;
  /** Of the whole record (header, ciphertext, tag) in the pack. */
  readonly offset: number;
  readonly lengthBytes: number;
  /** 32 bytes. */
  readonly id: Uint8Array;
}

/** A reference to a block's record. Its data key is that of `pack.sessionId`. */
export type BlockRef = RecordRef;

export function packRefOf(pack: PackName): PackRef {
  const { sessionId, writer, number } = pack;
  return { sessionId, writer, number, key: packKey(pack) };
}

/** Tells records apart. With the id: maps that name one place with different ids do not both tell the truth. */
export function recordName({ pack, offset, lengthBytes, id }: RecordRef): string {
  return `${pack.key}@${offset}+${lengthBytes}#${Buffer.from(id).toString('base64')}`;
}
