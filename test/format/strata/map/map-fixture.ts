import { createHash } from 'node:crypto';
import { createMemoryObjectStore } from '../../../../src/adapters/memory/object-store.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import type { BlockIndex, RepositoryId, SessionId } from '../../../../src/domain/identifiers.ts';
import type { RepositoryKeys } from '../../../../src/format/strata/keys/repository-keys.ts';
import { deriveRepositoryKeys } from '../../../../src/format/strata/keys/repository-keys.ts';
import { SessionKeyring } from '../../../../src/format/strata/keys/session-keyring.ts';
import { buildMap } from '../../../../src/format/strata/map/build-map.ts';
import { MapNodeReader } from '../../../../src/format/strata/map/map-node-reader.ts';
import type { MapEntry, MapRoot } from '../../../../src/format/strata/map/map-node.ts';
import { mapRuns } from '../../../../src/format/strata/map/map-runs.ts';
import type { MapUpdate } from '../../../../src/format/strata/map/map-updates.ts';
import type { PackRef } from '../../../../src/format/strata/map/record-ref.ts';
import { packRefOf } from '../../../../src/format/strata/map/record-ref.ts';
import { RecordPackWriter } from '../../../../src/format/strata/pack/record-pack-writer.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';

/** Maps in an object store, without volumes and segments around them. */
export class MapFixture {
  readonly repositoryKeys: RepositoryKeys;
  readonly sessionId = systemRandom.uuid() as SessionId;
  readonly objectStore: ObjectStore;
  readonly keyring: SessionKeyring;
  #lastBuild = { nodesWritten: 0, bytesWritten: 0 };

  constructor(objectStore = createMemoryObjectStore(), repositoryKeys = freshKeys()) {
    this.objectStore = objectStore;
    this.repositoryKeys = repositoryKeys;
    this.keyring = new SessionKeyring(objectStore, this.repositoryKeys, systemRandom);
  }

  /** What the last build wrote. */
  get lastBuild(): { readonly nodesWritten: number; readonly bytesWritten: number } {
    return this.#lastBuild;
  }

  /** A reader without anything in its caches. */
  newReader(): MapNodeReader {
    return new MapNodeReader(this.objectStore, this.repositoryKeys, this.keyring);
  }

  async build(options: {
    readonly blockCount: number;
    readonly parent: MapRoot | null;
    readonly base: 'parent' | 'empty';
    readonly updates: Iterable<MapUpdate>;
  }): Promise<MapRoot> {
    await this.keyring.create(this.sessionId, null);
    const writer = new RecordPackWriter({
      objectStore: this.objectStore,
      repositoryKeys: this.repositoryKeys,
      session: await this.keyring.keysOf(this.sessionId),
      random: systemRandom,
      records: 'map-node',
      retainUntil: null,
    });
    let nodesWritten = 0;
    const write = writer.write.bind(writer);
    writer.write = (id, plain) => {
      nodesWritten += 1;
      return write(id, plain);
    };
    const root = await buildMap({
      ...options,
      updates: pagesOf(options.updates),
      reader: this.newReader(),
      writer,
      nodeIdKey: this.repositoryKeys.nodeIdKey,
    });
    await writer.close();
    this.#lastBuild = { nodesWritten, bytesWritten: writer.bytesWritten };
    return root;
  }

  /** All entries of a map, one for each block; damaged ones as `damaged`. */
  async entriesOf(root: MapRoot): Promise<(MapEntry | 'damaged')[]> {
    const entries: (MapEntry | 'damaged')[] = [];
    for await (const run of mapRuns(root, this.newReader())) {
      if (run.kind === 'data') {
        for (const ref of run.refs) entries.push(ref);
      } else {
        const entry = run.kind === 'damage' ? 'damaged' : run.kind;
        for (let n = 0; n < run.blockCount; n += 1) entries.push(entry);
      }
    }
    return entries;
  }
}

function freshKeys(): RepositoryKeys {
  return deriveRepositoryKeys([systemRandom.bytes(32)], systemRandom.uuid() as RepositoryId, 0);
}

const dataPacks = new Map<number, PackRef>();
const dataSession = systemRandom.uuid() as SessionId;

/** A reference to a block that nobody has stored: maps do not look at what they refer to. */
export function blockRef(name: number): MapEntry {
  const number = name >> 6;
  const pack = dataPacks.get(number) ?? packRefOf({ sessionId: dataSession, writer: 1, number });
  dataPacks.set(number, pack);
  return {
    pack,
    offset: 40 + (name & 63) * 300_000,
    lengthBytes: 200_000 + (name % 97),
    id: new Uint8Array(createHash('sha256').update(String(name)).digest()),
  };
}

export function update(index: number, entry: MapEntry): MapUpdate {
  return { index: index as BlockIndex, entry };
}

/** Pages of uneven length, an empty one among them. */
async function* pagesOf(updates: Iterable<MapUpdate>): AsyncGenerator<readonly MapUpdate[]> {
  let page: MapUpdate[] = [];
  for (const each of updates) {
    page.push(each);
    if (page.length < 1000) continue;
    yield page;
    page = [];
  }
  await Promise.resolve();
  yield page;
  yield [];
}
