import type { ObjectStore } from '../../../ports/object-store.ts';
import type { WriterEnd } from '../../session-mailboxes.ts';
import { parsePointKey, parseRemovalMarkKey, pointsPrefix } from '../object/object-keys.ts';

/** Whatever is under `points/`, without a look into it: each of it is the end of a session. */
export async function* writerEnds(objectStore: ObjectStore): AsyncGenerator<WriterEnd> {
  for await (const { key } of objectStore.list(pointsPrefix)) {
    const place = parseRemovalMarkKey(key) ?? parsePointKey(key);
    if (place !== null) yield { sessionId: place.pointId, instanceId: place.instanceId };
  }
}
