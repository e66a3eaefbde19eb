import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { assert } from '../../../domain/errors/assert.ts';
import type { RecordedEvent } from '../../../ports/event-store.ts';
import { toRecordedEvent } from './event-row.ts';
import { pageDataMaxBytes } from './ledger-limits.ts';

export interface EventPage {
  readonly events: readonly RecordedEvent[];
  /** `cut`: there was more, but it was too large for one page. */
  readonly end: 'complete' | 'cut';
}

/**
 * Runs a statement to its end, or until the page is full. Everything is copied out before this
 * returns: no read transaction outlives it, however slowly its caller goes on.
 */
export function readPage(statement: StatementSync, ...values: SQLInputValue[]): EventPage {
  const events: RecordedEvent[] = [];
  let dataBytes = 0;
  for (const row of statement.iterate(...values)) {
    if (dataBytes >= pageDataMaxBytes) return { events, end: 'cut' };
    assert(Array.isArray(row), 'events are read as arrays of columns');
    const event = toRecordedEvent(row);
    events.push(event);
    dataBytes += event.data.byteLength;
  }
  return { events, end: 'complete' };
}
