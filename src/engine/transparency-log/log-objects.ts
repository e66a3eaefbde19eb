import { hash } from 'node:crypto';
import type { StreamName } from '../../ports/event-store.ts';
import type { ObjectKey } from '../../ports/object-store.ts';

/** The names of all objects of the sealed ledger. docs/ledger.md, "Objects". */

export const entriesPrefix = 'ledger/log/';
export const streamsPrefix = 'ledger/streams/';

const positionDigits = 16;
const revisionDigits = 10;

/** The entry whose first leaf stands at this position of the log. */
export function entryKey(firstLeaf: number): ObjectKey {
  return `${entriesPrefix}${digits(firstLeaf, positionDigits)}` as ObjectKey;
}

/** The position in such a key, or null for any other key. */
export function parseEntryKey(key: string): number | null {
  return parseDigits(key, entriesPrefix, positionDigits);
}

/** What the marks of one stream begin with; the last of them tells how far it is sealed. */
export function streamMarksPrefix(stream: StreamName): string {
  return `${streamsPrefix}${streamSegment(stream)}/`;
}

export function streamMarkKey(stream: StreamName, nextRevision: number): ObjectKey {
  return `${streamMarksPrefix(stream)}${digits(nextRevision, revisionDigits)}` as ObjectKey;
}

/** The revision in such a key, or null for any other key. */
export function parseStreamMarkKey(stream: StreamName, key: string): number | null {
  return parseDigits(key, streamMarksPrefix(stream), revisionDigits);
}

/** The sealed key of a subject. */
export function subjectKeyKey(subject: string): ObjectKey {
  return `ledger/subjects/${streamSegment(subject)}` as ObjectKey;
}

/** The sealed secret of a subject's sensitive fields: what is destroyed to forget it. */
export function sensitiveKeyKey(subject: string): ObjectKey {
  return `ledger/sensitive/${streamSegment(subject)}` as ObjectKey;
}

/** The name itself where every object store takes it, otherwise its digest. */
export function streamSegment(name: string): string {
  if (/^[A-Za-z0-9._-]{1,200}$/.test(name)) return name;
  return `sha256-${hash('sha256', name)}`;
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}

function parseDigits(key: string, prefix: string, count: number): number | null {
  const text = key.slice(prefix.length);
  const isNumber = key.startsWith(prefix) && text.length === count && /^\d+$/.test(text);
  return isNumber ? Number(text) : null;
}
