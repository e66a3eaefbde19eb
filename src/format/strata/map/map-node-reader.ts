import { Buffer } from 'node:buffer';
import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { BoundedCache } from '../../cache/bounded-cache.ts';
import type { RepositoryKeys } from '../keys/repository-keys.ts';
import type { SessionKeyring } from '../keys/session-keyring.ts';
import { sessionKeyKey } from '../object/object-keys.ts';
import { requiredObject } from '../object/required-object.ts';
import type { ObjectLocation } from '../object/object-corrupt.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import { decodeRecord } from '../record/decode-record.ts';
import { recordMaxSizeBytes } from '../record/encode-record.ts';
import type { MapPlace } from './decode-map-node.ts';
import { decodeMapNode } from './decode-map-node.ts';
import { mapNodeMaxSizeBytes } from './map-node-layout.ts';
import type { MapEntry, MapNode } from './map-node.ts';
import type { RecordRef } from './record-ref.ts';

const limits = {
  /** Decoded nodes kept; one has up to 64 entries, some 10 KiB. */
  cachedNodesMax: 256,
  /** Bytes of records kept that came with a neighbour and were not asked for yet. */
  cachedRecordBytesMax: 8 * 1024 * 1024,
  /** One get takes neighbouring nodes with it up to this size. */
  getSizeMaxBytes: 512 * 1024,
  /** Neighbours are fetched together when less than this is between them. */
  gapMaxBytes: 16 * 1024,
} as const;

interface CachedNode {
  /** The id that the node was found to have. */
  readonly id: Uint8Array;
  readonly node: MapNode;
}

/**
 * Reads map nodes, each checked against its id and its place, with bounded caches. Nodes of one
 * pack that lie together are fetched together.
 */
export class MapNodeReader {
  readonly #objectStore: ObjectStore;
  readonly #keys: RepositoryKeys;
  readonly #keyring: SessionKeyring;
  readonly #nodes = new BoundedCache<string, CachedNode>(limits.cachedNodesMax);
  readonly #records = new BoundedCache<string, Uint8Array>(limits.cachedRecordBytesMax);

  constructor(objectStore: ObjectStore, keys: RepositoryKeys, keyring: SessionKeyring) {
    this.#objectStore = objectStore;
    this.#keys = keys;
    this.#keyring = keyring;
  }

  /**
   * The node that `ref` refers to. `following` are the entries after it in its parent, which are
   * likely to be wanted next.
   *
   * @throws OBJECT_CORRUPT, also when the pack or its session's key is missing
   */
  async read(ref: RecordRef, place: MapPlace, following: readonly MapEntry[]): Promise<MapNode> {
    const name = `${cacheName(ref)} ${place.level}:${place.position}/${place.entryCount}`;
    const known = this.#nodes.get(name);
    if (known !== undefined && Buffer.compare(ref.id, known.id) === 0) return known.node;
    const bytes = await this.readBytes(ref, following);
    const node = decodeMapNode(bytes, place, locationOf(ref));
    this.#nodes.set(name, { id: ref.id, node });
    return node;
  }

  /**
   * The bytes of the node that `ref` refers to, whatever its place.
   *
   * @throws OBJECT_CORRUPT
   */
  async readBytes(ref: RecordRef, following: readonly MapEntry[]): Promise<Uint8Array> {
    const location = locationOf(ref);
    if (ref.lengthBytes > recordMaxSizeBytes(mapNodeMaxSizeBytes)) {
      throw objectCorrupt(location, 'a map node cannot be so large');
    }
    const { nodeKey, sessionIdBytes } = await requiredObject(
      { objectKey: sessionKeyKey(ref.pack.sessionId) },
      this.#keyring.keysOf(ref.pack.sessionId),
    );
    return decodeRecord({
      bytes: await this.#recordOf(ref, following),
      expected: { kind: 'map-node', id: ref.id },
      idKey: this.#keys.nodeIdKey,
      kindKeyOf: (bytes) => (Buffer.compare(bytes, sessionIdBytes) === 0 ? nodeKey : null),
      repositoryIdBytes: this.#keys.repositoryIdBytes,
      location,
    });
  }

  async #recordOf(ref: RecordRef, following: readonly MapEntry[]): Promise<Uint8Array> {
    const name = cacheName(ref);
    const known = this.#records.get(name);
    if (known !== undefined) {
      this.#records.delete(name);
      return known;
    }
    const together = neighboursOf(ref, following);
    const bytes = await this.#get(ref, together);
    for (const each of together) {
      const start = each.offset - ref.offset;
      const record = bytes.subarray(start, start + each.lengthBytes);
      // A copy, so that one small record does not keep the whole fetched range in memory.
      if (each !== ref && record.length === each.lengthBytes) {
        this.#records.set(cacheName(each), record.slice(), each.lengthBytes);
      }
    }
    return bytes.subarray(0, ref.lengthBytes);
  }

  async #get(ref: RecordRef, together: readonly RecordRef[]): Promise<Uint8Array> {
    const { key } = ref.pack;
    const end = Math.max(...together.map((each) => each.offset + each.lengthBytes));
    const getTo = (endOffset: number): Promise<Uint8Array> => {
      const range = { offset: ref.offset, lengthBytes: endOffset - ref.offset };
      return requiredObject(locationOf(ref), this.#objectStore.get(key, range));
    };
    const ownEnd = ref.offset + ref.lengthBytes;
    if (end === ownEnd) return await getTo(end);
    try {
      return await getTo(end);
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
      // The pack lacks its end; the node asked for may be before that.
      return await getTo(ownEnd);
    }
  }
}

function cacheName(ref: RecordRef): string {
  return `${ref.pack.key}@${ref.offset}+${ref.lengthBytes}`;
}

/** Where the record is, for messages. */
export function locationOf(ref: RecordRef): ObjectLocation {
  return {
    objectKey: ref.pack.key,
    range: { offset: ref.offset, lengthBytes: ref.lengthBytes },
  };
}

/** `ref` and those of `following` that one get brings along. */
function neighboursOf(ref: RecordRef, following: readonly MapEntry[]): readonly RecordRef[] {
  const candidates = following
    .filter((entry): entry is RecordRef => typeof entry !== 'string')
    .filter((each) => each.pack.key === ref.pack.key && each.offset > ref.offset)
    .sort((a, b) => a.offset - b.offset);
  const together: RecordRef[] = [ref];
  let end = ref.offset + ref.lengthBytes;
  for (const each of candidates) {
    const nextEnd = each.offset + each.lengthBytes;
    if (each.offset - end > limits.gapMaxBytes) break;
    if (nextEnd - ref.offset > limits.getSizeMaxBytes) break;
    together.push(each);
    end = Math.max(end, nextEnd);
  }
  return together;
}
