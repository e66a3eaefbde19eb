import type { TimestampMs } from '../../../domain/identifiers.ts';
import type { EventMetadata } from '../../../ports/event-store.ts';

/** Metadata as `append` writes them when no text needs an escape, which is nearly always. */
const plainMetadata =
  /^\{"schemaVersion":(\d{1,9}),"recordedAt":(\d{1,15}),"actor":"([^"\\\p{Cc}]*)","engineVersion":"([^"\\\p{Cc}]*)","cause":"([^"\\\p{Cc}]*)","previousHash":"([0-9a-f]{64})"\}$/u;

/**
 * What JSON.parse and a check of every field would give, in a fifth of the time; null where the text
 * is of another form, valid or not.
 */
export function parsePlainMetadata(text: string): EventMetadata | null {
  const found = plainMetadata.exec(text);
  if (found === null) return null;
  const [, schemaVersion, recordedAt, actor = '', engineVersion = '', cause = '', hash = ''] =
    found;
  return {
    schemaVersion: Number(schemaVersion),
    recordedAt: Number(recordedAt) as TimestampMs,
    actor,
    engineVersion,
    cause,
    previousHash: hash,
  };
}
