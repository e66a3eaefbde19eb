import type { ObjectKey } from '../../../ports/object-store.ts';
import type { SessionId } from '../../../domain/identifiers.ts';
import type { MapNodeReader } from '../map/map-node-reader.ts';
import type { MapRoot } from '../map/map-node.ts';
import { MapWalk } from '../map/map-walk.ts';

/** Notes which packs are needed. */
export class PackMarker {
  readonly #packs = new Map<ObjectKey, SessionId>();
  readonly #sessions = new Set<SessionId>();
  readonly #maps: MapWalk;

  constructor(reader: MapNodeReader) {
    this.#maps = new MapWalk(reader, ({ pack }) => {
      this.#packs.set(pack.key, pack.sessionId);
      this.#sessions.add(pack.sessionId);
      return undefined;
    });
  }

  /** All packs that were found to be needed, each with the session that wrote it. */
  get packs(): ReadonlyMap<ObjectKey, SessionId> {
    return this.#packs;
  }

  /** The sessions that wrote them. */
  get sessions(): ReadonlySet<SessionId> {
    return this.#sessions;
  }

  /** @throws OBJECT_CORRUPT when a node cannot be read; what it needs is unknown then */
  async markMap(root: MapRoot): Promise<void> {
    await this.#maps.walk(root);
  }
}
