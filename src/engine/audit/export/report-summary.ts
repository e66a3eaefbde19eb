import type { StreamName } from '../../../ports/event-store.ts';
import type { ExportSelection } from '../audit.ts';
import type { Told } from '../timeline/timeline-entry.ts';
import type { ExportedRecord } from './exported-record.ts';
import { escapeHtml, tableHtml, timeText } from './html-values.ts';
import { type SessionOutline, sessionOutline } from './session-outline.ts';

/** What was asked for. */
export function coverInWords(selection: ExportSelection): string {
  switch (selection.kind) {
    case 'everything':
      return 'everything that was recorded until then';
    case 'session':
      return `the session ${selection.sessionId}`;
    case 'sessions': {
      const { instanceId, since, until, outcome, actor } = selection.filter;
      const words = [
        instanceId === undefined
          ? 'the sessions of all instances'
          : `the sessions of ${instanceId}`,
        ...(since === undefined ? [] : [`begun at ${timeText(since)} UTC or later`]),
        ...(until === undefined ? [] : [`begun before ${timeText(until)} UTC`]),
        ...(outcome === undefined ? [] : [`of the outcome '${outcome}'`]),
        ...(actor === undefined ? [] : [`begun by ${actor}`]),
      ];
      return `${words.join(', ')}; and what else is recorded of their instances, from the beginning`;
    }
  }
}

/** One line for each session, above its events. */
export function summarySection(
  streams: ReadonlyMap<StreamName, readonly ExportedRecord[]>,
): string {
  const outlines = [...streams].flatMap(([stream, records]) => {
    const outline = sessionOutline(
      stream,
      records.map(({ record }) => record),
    );
    return outline === null ? [] : [outline];
  });
  if (outlines.length === 0) return '';
  const titles = [
    'session',
    'of',
    'what',
    'begun (UTC)',
    'by',
    'ended (UTC)',
    'outcome',
    'made',
    'removed',
  ];
  return `<h2>Sessions</h2>\n${tableHtml(titles, outlines.map(outlineRow))}`;
}

function outlineRow({ sessionId, actor, facts, made, removed }: SessionOutline): string {
  const cells =
    facts === null
      ? ['', 'not readable by this version', '', actor, '', '']
      : [
          facts.instanceId ?? facts.policyId ?? 'the repository',
          facts.kind.replaceAll('-', ' '),
          timeText(facts.startedAt),
          actor,
          facts.endedAt === null ? '' : timeText(facts.endedAt),
          [facts.status, ...facts.problems.map(({ message }) => message)].join(': '),
        ];
  const html = [
    ...[sessionId, ...cells].map(escapeHtml),
    itemsHtml(made),
    removed.length === 0 ? 'nothing' : itemsHtml(removed),
  ];
  return `<tr>${html.map((cell) => `<td>${cell}</td>`).join('')}</tr>\n`;
}

function itemsHtml(items: readonly Told[]): string {
  const said = items.map(
    ({ subject, id, what }) =>
      `${subject.replaceAll('-', ' ')} ${id}${what === 'restored' ? ' restored' : ''}`,
  );
  return said.length === 0 ? 'nothing' : said.map(escapeHtml).join('<br>');
}
