import type { StreamName } from '../../ports/event-store.ts';
import type { ObjectKey, ObjectStore } from '../../ports/object-store.ts';
import { streamsPrefix, streamSegment } from '../transparency-log/log-objects.ts';
import type { Tampering } from '../transparency-log/log-tampered.ts';
import type { StreamHead } from '../transparency-log/stream-marks.ts';

/** All marks that there are. To be asked before the log is read: what is sealed later makes more of them. */
export async function marksThere(objectStore: ObjectStore): Promise<readonly ObjectKey[]> {
  return Array.fromAsync(objectStore.list(streamsPrefix), ({ key }) => key);
}

/**
 * Marks that claim more than the log has, or another last record of a stream. One that is not there is none of
 * them: its writer may have died, and whoever seals next makes it.
 */
export async function wrongMarks(
  objectStore: ObjectStore,
  marks: readonly ObjectKey[],
  heads: ReadonlyMap<StreamName, StreamHead>,
): Promise<readonly Tampering[]> {
  const bySegment = new Map([...heads].map(([stream, head]) => [streamSegment(stream), head]));
  const findings: Tampering[] = [];
  for (const key of marks) {
    const [segment = '', revision = ''] = key.slice(streamsPrefix.length).split('/');
    const head = bySegment.get(segment) ?? { nextRevision: 0, commitment: null };
    const place = { objectKey: key, stream: segment };
    if (!(Number(revision) <= head.nextRevision)) {
      findings.push({
        kind: 'mark-wrong',
        message: `'${key}' says that more of this stream is sealed than the log has: the log was cut off, or the mark was forged`,
        ...place,
        revision: head.nextRevision,
      });
    } else if (Number(revision) === head.nextRevision && head.commitment !== null) {
      if (Buffer.compare(await objectStore.get(key), head.commitment) === 0) continue;
      findings.push({
        kind: 'mark-wrong',
        message: `'${key}' is not what the log says of this stream: the mark was changed`,
        ...place,
        revision: head.nextRevision - 1,
      });
    }
  }
  return findings;
}
