import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { InstanceEvent } from '../../domain/instance/instance-events.ts';
import { instanceCatalogue } from '../ledger/event-catalogues.ts';
import { checkEvent, decodeEvent } from '../ledger/event-codec.ts';
import { unreadableCodes } from '../ledger/entries-of-streams.ts';
import type { StreamRecord } from '../ledger/record-bytes.ts';
import { streamPrefixes } from '../ledger/stream-names.ts';
import type { SensitiveKeySource } from '../sensitive/sensitive-keys.ts';
import { type AnySessionEvent, sessionCatalogue } from '../session/session-reader.ts';
import type { Tampering } from '../transparency-log/log-tampered.ts';

interface UsedKey {
  readonly subject: string;
  readonly keyId: string;
  /** When it first sealed something. */
  readonly since: number;
}

interface Forgetting {
  readonly at: number;
  /** Null: it names none. */
  readonly keyId: string | null;
  /** `unknown`: a newer version wrote it. */
  readonly covers: 'all' | 'its-key' | 'unknown';
}

/**
 * The keys of sensitive fields that sealed records name, and which instances were forgotten: whether each
 * key is there exactly if it should be.
 */
export class SensitiveKeysUsed {
  /** One or two for each instance. */
  readonly #used = new Map<string, UsedKey>();
  /** Those that were recorded, by subject. */
  readonly #forgettings = new Map<string, readonly Forgetting[]>();

  note(record: StreamRecord): void {
    const { stream, metadata } = record;
    const forgetting = forgettingIn(record);
    if (forgetting !== null) {
      this.#forgettings.set(stream, [...(this.#forgettings.get(stream) ?? []), forgetting]);
    }
    for (const { subject, keyId } of sealedIn(record)) {
      const named = `${subject}/${keyId}`;
      if (!this.#used.has(named)) {
        this.#used.set(named, { subject, keyId, since: metadata.recordedAt });
      }
    }
  }

  async tamperings(keys: Pick<SensitiveKeySource, 'find'>): Promise<readonly Tampering[]> {
    const found: Tampering[] = [];
    for (const { subject, keyId, since } of this.#used.values()) {
      const forgettings = this.#forgettings.get(subject) ?? [];
      const place = { stream: subject };
      try {
        const key = await keys.find(subject, keyId);
        const mayBeGone = forgettings.some(
          (one) => one.keyId === keyId || one.covers !== 'its-key' || coversSince(one, since),
        );
        if (key === null && !mayBeGone) {
          found.push({
            kind: 'sensitive-key-missing',
            message: `the key ${keyId} of the sensitive fields of '${subject}' is gone, and it was never forgotten`,
            ...place,
          });
        }
        const shouldBeGone = forgettings.some(
          (one) => one.keyId === keyId || coversSince(one, since),
        );
        if (key !== null && shouldBeGone) {
          found.push({
            kind: 'sensitive-key-left',
            message: `'${subject}' was forgotten, but its key is still there: forget it once more`,
            ...place,
          });
        }
      } catch (error) {
        if (!hasErrorCode(error, 'SENSITIVE_KEY_DAMAGED')) throw error;
        found.push({ kind: 'sensitive-key-missing', message: error.message, ...place });
      }
    }
    return found;
  }
}

/** Where it is known to name no key, what was in use before it is meant. */
function coversSince({ keyId, at, covers }: Forgetting, since: number): boolean {
  return covers !== 'unknown' && keyId === null && since < at;
}

/** That an instance was forgotten, as a record says it; null: it says nothing of the kind. */
function forgettingIn(record: StreamRecord): Forgetting | null {
  if (record.type !== ('InstanceForgotten' satisfies InstanceEvent['type'])) return null;
  if (!record.stream.startsWith(streamPrefixes.instance)) return null;
  const { recordedAt: at, schemaVersion } = record.metadata;
  try {
    const event = decodeEvent<InstanceEvent>(record, instanceCatalogue);
    if (event.type !== 'InstanceForgotten') return null;
    // Version 1 was recorded once, whichever keys were destroyed after it.
    return { at, keyId: event.data.keyId, covers: schemaVersion === 1 ? 'all' : 'its-key' };
  } catch (error) {
    // Which key it names cannot be told: any may be gone by it, and none has to be.
    if (hasErrorCode(error, ...unreadableCodes)) return { at, keyId: null, covers: 'unknown' };
    throw error;
  }
}

function sealedIn(record: StreamRecord): ReturnType<typeof checkEvent>['sealed'] {
  try {
    if (record.stream.startsWith(streamPrefixes.instance)) {
      return checkEvent<InstanceEvent>(record, instanceCatalogue).sealed;
    }
    if (record.stream.startsWith(streamPrefixes.session)) {
      return checkEvent<AnySessionEvent>(record, sessionCatalogue).sealed;
    }
    return [];
  } catch (error) {
    // That a newer version wrote it is no damage; whoever works with its stream is told.
    if (hasErrorCode(error, ...unreadableCodes)) return [];
    throw error;
  }
}
