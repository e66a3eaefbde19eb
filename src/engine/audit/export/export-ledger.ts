import { Packr } from 'msgpackr';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { EventStore, RecordedEvent, StreamName } from '../../../ports/event-store.ts';
import { recordHash } from '../../ledger/record-hash.ts';
import type { ExportFormat } from '../audit.ts';
import { csvLines } from './csv.ts';
import type { ExportedRecord, ExportHeader } from './exported-record.ts';
import { htmlReport } from './html-report.ts';
import { jsonLines } from './json-lines.ts';
import type { RecordProofs } from './record-proofs.ts';

const packr = new Packr({ useRecords: false });

/** Renders the records of some streams, or of all. */
export function exportLedger(request: {
  readonly format: ExportFormat;
  readonly header: ExportHeader;
  readonly eventStore: EventStore;
  readonly proofs: RecordProofs;
  /** Null for all. */
  readonly streams: readonly StreamName[] | null;
}): AsyncIterable<string> {
  const { format, header, eventStore, proofs, streams } = request;
  const records = exportedRecords(recordsOf(eventStore, streams), proofs);
  switch (format) {
    case 'json-lines':
      return jsonLines(header, records);
    case 'csv':
      return csvLines(records);
    case 'html':
      return htmlReport(header, records);
  }
}

async function* recordsOf(
  eventStore: EventStore,
  streams: readonly StreamName[] | null,
): AsyncGenerator<RecordedEvent, void> {
  if (streams === null) yield* eventStore.readAll();
  for (const stream of streams ?? []) yield* eventStore.readStream(stream);
}

async function* exportedRecords(
  records: AsyncIterable<RecordedEvent>,
  proofs: RecordProofs,
): AsyncGenerator<ExportedRecord, void> {
  for await (const record of records) {
    const hash = recordHash(record.stream, record.revision, record);
    yield { record, recordHash: hash, data: dataOf(record), proof: await proofs.of(record) };
  }
}

/** As it was written, whatever its version: an export shows what is recorded. */
function dataOf({ stream, revision, data }: RecordedEvent): unknown {
  try {
    return packr.unpack(data);
  } catch (cause) {
    throw new SnapledgerError(
      'LEDGER_CORRUPT',
      `event ${revision} of the stream '${stream}' cannot be decoded`,
      { cause, remedy: 'Bring the ledger back from a copy of the vault, or with recover.' },
    );
  }
}
