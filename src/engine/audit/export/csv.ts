import type { ExportedRecord } from './exported-record.ts';

const columns = [
  'stream',
  'revision',
  'recordedAt',
  'type',
  'actor',
  'cause',
  'engineVersion',
  'data',
  'id',
  'recordHash',
  'position',
] as const;

/** RFC 4180, one line for each record; `data` is JSON, `position` is empty for what is not sealed. */
export async function* csvLines(
  records: AsyncIterable<ExportedRecord>,
): AsyncGenerator<string, void> {
  yield `${columns.join(',')}\r\n`;
  for await (const { record, recordHash, data, proof } of records) {
    const { metadata } = record;
    const cells: Readonly<Record<(typeof columns)[number], string>> = {
      stream: record.stream,
      revision: String(record.revision),
      recordedAt: new Date(metadata.recordedAt).toISOString(),
      type: record.type,
      actor: metadata.actor,
      cause: metadata.cause,
      engineVersion: metadata.engineVersion,
      data: JSON.stringify(data),
      id: record.id,
      recordHash,
      position: proof === null ? '' : String(proof.position),
    };
    yield `${columns.map((column) => cell(cells[column])).join(',')}\r\n`;
  }
}

/** Quoted where it has to be, and never something that a spreadsheet takes for a formula. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
