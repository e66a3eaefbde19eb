import { counted } from '../../../domain/errors/counted.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { StreamName } from '../../../ports/event-store.ts';
import type { ExportedRecord, ExportHeader } from './exported-record.ts';
import { escapeHtml, tableHtml, timeText, typeInWords, valueHtml } from './html-values.ts';
import { jsonLines } from './json-lines.ts';
import { coverInWords, summarySection } from './report-summary.ts';
import { shownData } from './shown-data.ts';

/** More is no report that anybody reads or prints; some 2 KiB each. */
const recordsMax = 20_000;

const style = `
body{font:14px/1.45 system-ui,sans-serif;color:#1a1a1a;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid #bbb}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .5rem;border-bottom:1px solid #ddd}
th{font-weight:600}td.n{text-align:right;color:#666}td.t{white-space:nowrap}
dl{margin:0;display:grid;grid-template-columns:max-content 1fr;gap:0 .8rem}dt{color:#555}dd{margin:0;overflow-wrap:anywhere}
pre{background:#f4f4f4;padding:.7rem;overflow-wrap:anywhere;white-space:pre-wrap}
.unsealed{color:#a00}
@media print{body{max-width:none;margin:0}h2{break-after:avoid}tr{break-inside:avoid}}
`;

/**
 * A page that needs nothing besides itself: the records session by session, and the proof, which
 * the verifier finds in it.
 *
 * @throws LIMIT_EXCEEDED
 */
export async function* htmlReport(
  header: ExportHeader,
  records: AsyncIterable<ExportedRecord>,
): AsyncGenerator<string, void> {
  const all: ExportedRecord[] = [];
  for await (const record of records) {
    if (all.length >= recordsMax) throw tooLong();
    all.push(record);
  }
  const streams = inOrderOfTime(Map.groupBy(all, ({ record }) => record.stream));
  const unsealed = all.filter(({ proof }) => proof === null).length;

  yield `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>snapledger: audit report</title><style>${style}</style></head><body>
<h1>Audit report</h1>
<dl><dt>exported</dt><dd>${timeText(header.exportedAt)} by ${escapeHtml(header.actor)}</dd>
<dt>covers</dt><dd>${escapeHtml(coverInWords(header.selection))}</dd>
<dt>records</dt><dd>${all.length} in ${counted(streams.size, 'stream')}</dd>
<dt>sealed</dt><dd>${all.length - unsealed}${unsealed === 0 ? '' : `; <span class="unsealed">${unsealed} not sealed yet: nothing proves them</span>`}</dd></dl>
`;
  yield summarySection(streams);
  for (const [stream, ofStream] of streams) yield streamSection(stream, ofStream);
  yield proofSection(header);
  yield '<script type="application/x-snapledger-export">\n';
  // Within a script a `<` could end it; JSON may write it as an escape everywhere.
  for await (const line of jsonLines(header, all)) yield line.replaceAll('<', '\\u003c');
  yield '</script>\n</body></html>\n';
}

/** By the times of their first records, which are proven; where the store has the streams is not. */
function inOrderOfTime(
  streams: ReadonlyMap<StreamName, readonly ExportedRecord[]>,
): ReadonlyMap<StreamName, readonly ExportedRecord[]> {
  const begun = ([, [first]]: [StreamName, readonly ExportedRecord[]]): number =>
    first?.record.metadata.recordedAt ?? 0;
  return new Map([...streams].sort((a, b) => begun(a) - begun(b)));
}

function streamSection(stream: string, records: readonly ExportedRecord[]): string {
  const rows = records.map(({ record, data, recordHash, proof }) => {
    const seal =
      proof === null
        ? '<span class="unsealed">not sealed</span>'
        : `<span title="${escapeHtml(recordHash)}">${proof.position}</span>`;
    return `<tr><td class="n">${record.revision}</td><td class="t">${timeText(record.metadata.recordedAt)}</td><td>${escapeHtml(typeInWords(record.type))}</td><td>${escapeHtml(record.metadata.actor)}</td><td>${valueHtml(shownData(data))}</td><td class="n">${seal}</td></tr>\n`;
  });
  const titles = ['#', 'time (UTC)', 'event', 'by', 'what it says', 'log'];
  return `<h2>${escapeHtml(stream)}</h2>\n${tableHtml(titles, rows)}`;
}

function proofSection({ checkpoint, key }: ExportHeader): string {
  return `<h2>Proof</h2>
<p>Each record above has a place in a log (its position is in the last column). The log's root is
signed in this checkpoint, in the format of C2SP tlog-checkpoint:</p>
<pre>${escapeHtml(checkpoint ?? 'nothing is sealed yet')}</pre>
<p>The key that signed it claims to be:</p><pre>${escapeHtml(key)}</pre>
<p>To check this page without the software that made it, take the program
<code>snapledger-verify.mjs</code> (one file, which needs only Node 20 or newer) and the public key from
whom you trust, <em>not from this page</em>:</p>
<pre>node snapledger-verify.mjs --key-file ledger.key THIS-PAGE.html</pre>
<p>It takes the records from the end of this page, where they are kept for programs, hashes each anew,
follows its proof to the signed root, and checks the chain of each stream. <strong>The tables above are not
what it checks</strong>: they were made from the same records, and somebody could have changed them since. So
it says from the records alone what each stream is about, to be compared with the summary above;
<code>--print</code> shows every record as it was proven. What the records say was said by the engine that
made them. What is proven is that they were not changed since, and that no event is missing within a stream,
nor at the end of a session; not that nothing else was recorded than this page covers.</p>
`;
}

function tooLong(): SnapledgerError {
  return new SnapledgerError(
    'LIMIT_EXCEEDED',
    `a report of more than ${recordsMax} records is not made`,
    { remedy: 'Choose one session or a shorter period, or export JSON Lines.' },
  );
}
