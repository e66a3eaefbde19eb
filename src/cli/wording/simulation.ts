import type { SimulatedDay, SimulatedItem, SimulatedRemoval, TimestampMs } from '../../index.ts';
import { formatCount } from '../output/format-quantity.ts';
import { lineWidthMax } from '../output/format-table.ts';
import { wrapText } from '../output/wrap-text.ts';
import { targetInWords } from './place.ts';
import { removeReasonsInWords } from './retention.ts';

/** Items of one kind that a line names; the rest is counted. */
const namedMax = 40;

/** Stands for the space in a time while lines are wrapped, so that none ends within one. */
const unbroken = '\u00A0';

/** What happened on each day of a simulation, and what there is at its end. */
export function simulationInWords(
  days: readonly SimulatedDay[],
  timeZone: string,
): readonly string[] {
  const time = clockOf(timeZone);
  return days.flatMap((day) => dayInWords(day, time));
}

function dayInWords(day: SimulatedDay, time: Clock): readonly string[] {
  const sessions = day.sessions.map(({ startedAt, scope, outcome }) => {
    const kind = scope === 'image-level' ? ' image-level' : '';
    return { startedAt, words: `${kind}${outcome === 'failed' ? ' FAILED' : ''}` };
  });
  const maintenance = day.maintenance.map((one) => ({ ...one, words: ' maintenance' }));
  const happened = [...sessions, ...maintenance]
    .sort((a, b) => a.startedAt - b.startedAt)
    .map(({ startedAt, words }) => `${time(startedAt).slice('01-05 '.length)}${words}`);
  return [
    `${day.date}  ${happened.join(', ')}`,
    ...day.removed.flatMap((one) => indented(`removes ${removalInWords(one, time)}`)),
    ...chainLines('sets', itemsOf(day.chain, 'snapshot-set'), time),
    ...replicaLines(day.chain, time),
    ...chainLines('points', itemsOf(day.chain, 'restore-point'), time),
    ...(day.chain.length === 0 ? indented('nothing is left') : []),
  ];
}

function removalInWords({ kind, target, takenAt, reasons }: SimulatedRemoval, time: Clock): string {
  const what =
    target !== null
      ? `replica in ${targetInWords(target)}`
      : kind === 'snapshot-set'
        ? 'set'
        : 'point';
  return `${what} ${time(takenAt)}: ${removeReasonsInWords(reasons, kind)}`;
}

/** Each target has a chain of its own. */
function replicaLines(chain: readonly SimulatedItem[], time: Clock): readonly string[] {
  const targets = Map.groupBy(itemsOf(chain, 'replica'), ({ target }) =>
    target === null ? '' : targetInWords(target),
  );
  return [...targets].flatMap(([where, items]) => chainLines(`replicas in ${where}`, items, time));
}

function itemsOf(
  chain: readonly SimulatedItem[],
  kind: SimulatedItem['kind'],
): readonly SimulatedItem[] {
  return chain.filter((item) => item.kind === kind);
}

function chainLines(name: string, items: readonly SimulatedItem[], time: Clock): readonly string[] {
  if (items.length === 0) return [];
  const named = items.slice(-namedMax).map(({ takenAt, reasons }) => {
    const isBase = reasons.some((reason) => reason.kind === 'cbt-base');
    return `${time(takenAt)}${isBase ? '*' : ''}`.replaceAll(' ', unbroken);
  });
  const older = items.length - named.length;
  const list = [...(older > 0 ? [formatCount(older, 'older one')] : []), ...named];
  const lines = indented(`${name} (${items.length}): ${list.join('  ')}`);
  return lines.map((line) => line.trimEnd().replaceAll(unbroken, ' '));
}

function indented(text: string): readonly string[] {
  const indent = ' '.repeat(4);
  return wrapText(text, lineWidthMax - indent.length).map((line) => indent + line);
}

type Clock = (at: TimestampMs) => string;

/** `01-05 07:00`; of a time that the clocks show twice with which of the two: `10-25 02:30 GMT+2`. */
function clockOf(timeZone: string): Clock {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'shortOffset',
  });
  const shownAt = (at: number): { readonly time: string; readonly offset: string } => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
    const time = `${part('month')}-${part('day')} ${part('hour')}:${part('minute')}`;
    return { time, offset: part('timeZoneName') };
  };
  // A set is named on each day on which it is there.
  const shown = new Map<TimestampMs, string>();
  return (at) => {
    const known = shown.get(at);
    if (known !== undefined) return known;
    const { time, offset } = shownAt(at);
    const isRepeated = setBackMs.some((ms) =>
      [at - ms, at + ms].some((other) => shownAt(other).time === time),
    );
    const text = isRepeated ? `${time} ${offset}` : time;
    shown.set(at, text);
    return text;
  };
}

const minuteMs = 60_000;
/** By how much clocks are set back: an hour nearly everywhere, half of one on an island, two on a base. */
const setBackMs = [30 * minuteMs, 60 * minuteMs, 120 * minuteMs];
