import type { ExportedRecord, ExportHeader } from './exported-record.ts';

/** One JSON object on each line: a header, the records, and an end that counts them. */
export async function* jsonLines(
  header: ExportHeader,
  records: AsyncIterable<ExportedRecord> | Iterable<ExportedRecord>,
): AsyncGenerator<string, void> {
  yield line({ kind: 'snapledger-export', version: 1, ...header });
  let count = 0;
  let sealed = 0;
  for await (const one of records) {
    yield line(recordLine(one));
    count += 1;
    if (one.proof !== null) sealed += 1;
  }
  yield line({ kind: 'end', records: count, sealed });
}

function recordLine({ record, recordHash, data, proof }: ExportedRecord): object {
  const { stream, revision, type, id, metadata } = record;
  const { schemaVersion, recordedAt, actor, engineVersion, cause, previousHash } = metadata;
  return {
    kind: 'record',
    stream,
    revision,
    type,
    id,
    schemaVersion,
    recordedAt,
    actor,
    engineVersion,
    cause,
    previousHash,
    dataBase64: Buffer.from(record.data).toString('base64'),
    data,
    recordHash,
    proof,
  };
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
