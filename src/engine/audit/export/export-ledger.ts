import { Packr } from 'msgpackr';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { EventStore, RecordedEvent, StreamName } from '../../../ports/event-store.ts';
import type { StreamRecord } from '../../ledger/record-bytes.ts';
import { recordHash } from '../../ledger/record-hash.ts';
import type { ExportFormat } from '../audit.ts';
import { csvLines } from './csv.ts';
import type { ExportedRecord, ExportHeader } from './exported-record.ts';
import { htmlReport } from './html-report.ts';
import { jsonLines } from './json-lines.ts';
import type { RecordProofs } from './record-proofs.ts';

const packr = new Packr({ useRecords: false });

/** Renders records, each stream's in order, with what proves them. */
export function exportLedger(request: {
  readonly format: ExportFormat;
  readonly header: ExportHeader;
  readonly records: AsyncIterable<StreamRecord>;
  readonly proofs: RecordProofs;
}): AsyncIterable<string> {
  const { format, header, proofs } = request;
  const records = exportedRecords(request.records, proofs);
  switch (format) {
    case 'json-lines':
      return jsonLines(header, records);
    case 'csv':
      return csvLines(records);
    case 'html':
      return htmlReport(header, records);
  }
}

/** @param streams null for all */
export async function* storedRecords(
  eventStore: EventStore,
  streams: readonly StreamName[] | null,
): AsyncGenerator<RecordedEvent, void> {
  if (streams === null) yield* eventStore.readAll();
  for (const stream of streams ?? []) yield* eventStore.readStream(stream);
}

async function* exportedRecords(
  records: AsyncIterable<StreamRecord>,
  proofs: RecordProofs,
): AsyncGenerator<ExportedRecord, void> {
  for await (const record of records) {
    const hash = recordHash(record.stream, record.revision, record);
    yield { record, recordHash: hash, data: dataOf(record), proof: await proofs.of(record) };
  }
}

/** As it was written, whatever its version: an export shows what is recorded. */
function dataOf({ stream, revision, data }: StreamRecord): unknown {
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
