import { StrataDefect, defectOf } from './defect.ts';
import type { SessionKeys } from './keys.ts';
import type { Reference } from './map-node.ts';
import { openRecord } from './record.ts';
import type { RecordHeader } from './record.ts';
import { openSession } from './repository.ts';
import type { Repository } from './repository.ts';

/** A record that was opened. */
export interface OpenedRecord {
  readonly header: RecordHeader;
  readonly content: Buffer;
}

/** Reads records; opens the key of each session once. */
export class RecordReader {
  readonly #repository: Repository;
  readonly #sessions = new Map<string, SessionKeys | StrataDefect>();

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** Opens the record at a place of a pack of `sessionId`. Throws a defect where it cannot be. */
  open(place: Omit<Reference, 'id'>): OpenedRecord {
    const where = `${place.pack} at ${place.offset}`;
    const bytes = this.#repository.objects.read(place.pack, place.offset, place.lengthBytes);
    const opened = openRecord(bytes, where, {
      repositoryId: this.#repository.repositoryId,
      repository: this.#repository.keys,
      session: this.session(place.sessionId),
    });
    if (opened.header.sessionId !== place.sessionId) {
      throw new StrataDefect(where, `is a record of session ${opened.header.sessionId}`);
    }
    return opened;
  }

  /** The keys of a session. Throws a defect where they cannot be had. */
  session(sessionId: string): SessionKeys {
    const known = this.#sessions.get(sessionId);
    if (known instanceof StrataDefect) throw known;
    if (known !== undefined) return known;
    try {
      const opened = openSession(this.#repository, sessionId);
      this.#sessions.set(sessionId, opened);
      return opened;
    } catch (thrown) {
      const defect = defectOf(thrown);
      this.#sessions.set(sessionId, defect);
      throw defect;
    }
  }
}
