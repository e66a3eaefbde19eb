import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import { pointKey } from '../object/object-keys.ts';

/**
 * How a session has ended. `discarded`: it never made a point, so nothing refers to its records.
 * `committed`: it made one, which may be gone by now, and whose records others may refer to.
 */
export type SessionEnd = 'committed' | 'discarded';

/** Which sessions cannot make a point any more, by what is under `points/`. */
export class SessionEnds {
  readonly #bySession = new Map<SessionId, SessionEnd>();
  readonly #byPlace = new Set<string>();

  note(instanceId: InstanceId, sessionId: SessionId, end: SessionEnd): void {
    this.#byPlace.add(pointKey(instanceId, sessionId));
    // A tombstone under a wrong instance says nothing against a point under the right one.
    if (this.#bySession.get(sessionId) !== 'committed') this.#bySession.set(sessionId, end);
  }

  /** Null while it may still make a point, or when nothing is known of it. */
  endOf(sessionId: SessionId): SessionEnd | null {
    return this.#bySession.get(sessionId) ?? null;
  }

  /** Whether a registered session has ended; `instanceId` is null when it did not say whose it is. */
  hasEnded(sessionId: SessionId, instanceId: InstanceId | null): boolean {
    if (instanceId === null) return this.#bySession.has(sessionId);
    return this.#byPlace.has(pointKey(instanceId, sessionId));
  }
}
