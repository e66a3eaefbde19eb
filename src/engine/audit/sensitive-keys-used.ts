import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { InstanceEvent } from '../../domain/instance/instance-events.ts';
import { instanceCatalogue } from '../ledger/event-catalogues.ts';
import { checkEvent } from '../ledger/event-codec.ts';
import { unreadableCodes } from '../ledger/ledger.ts';
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

/**
 * The keys of sensitive fields that sealed records name, and which instances were forgotten: whether each
 * key is there exactly if it should be.
 */
export class SensitiveKeysUsed {
  /** One or two for each instance. */
  readonly #used = new Map<string, UsedKey>();
  readonly #forgottenAt = new Map<string, number>();

  note(record: StreamRecord): void {
    const { stream, metadata } = record;
    if (record.type === ('InstanceForgotten' satisfies InstanceEvent['type'])) {
      this.#forgottenAt.set(stream, metadata.recordedAt);
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
      const forgottenAt = this.#forgottenAt.get(subject) ?? null;
      const place = { stream: subject };
      try {
        const key = await keys.find(subject, keyId);
        if (key === null && forgottenAt === null) {
          found.push({
            kind: 'sensitive-key-missing',
            message: `the key of the sensitive fields of '${subject}' is gone, and it was never forgotten`,
            ...place,
          });
        }
        if (key !== null && forgottenAt !== null && since < forgottenAt) {
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
