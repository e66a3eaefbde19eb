import {
  compileCheck,
  type Check,
  type SensitiveForm,
  type UnknownFields,
} from '../../domain/shape/compile-check.ts';
import { mayBeSensitive } from '../../domain/shape/sensitive-places.ts';
import type { Shape, ShapeNode } from '../../domain/shape/shape.ts';
import type { DomainEvent } from './domain-event.ts';
import type { ShapesOf } from './schemas/shapes-of.ts';

/** The types of one kind of stream, each with the versions that it has had. */
export type EventCatalogue<Event extends DomainEvent> = Readonly<
  Record<Event['type'], EventSchema>
>;

export interface EventSchema {
  /** What is written today. */
  readonly schemaVersion: number;
  /** Version 1 and those that followed; the last is today's. */
  readonly versions: readonly EventVersion[];
  readonly shape: ShapeNode;
  /** What may be written: what today's version has, with what is sensitive not sealed yet. */
  readonly checkWritten: Check;
}

export interface EventVersion {
  readonly shape: ShapeNode;
  /** What is read as it is: all fields of the version, and no other. */
  readonly checkExact: Check;
  /** What may be read: fields that it does not know are of a newer program (docs/events.md). */
  readonly checkRead: Check;
  /** What is sensitive in it, once it is opened; null: nothing is. */
  readonly checkOpened: Check | null;
  /** The data of the next version, made of checked data of this one; null: this is today's. */
  readonly toNext: ((data: object) => object) | null;
}

/** A version before one whose data are `Next`. */
export interface OlderVersion<Next extends object> {
  readonly versions: readonly EventVersion[];
  /** For the compiler only; never set. */
  readonly leadsTo?: (next: Next) => Next;
}

/**
 * @param toNext pure
 * @param before the versions that led to this one
 */
export function olderVersion<Data extends object, Next extends object>(
  shape: Shape<Data>,
  toNext: (data: Data) => Next,
  before?: OlderVersion<Data>,
): OlderVersion<Next> {
  // Data are checked against the shape before they come here.
  const version = versionOf(shape, (data) => toNext(data as Data));
  return { versions: [...(before?.versions ?? []), version] };
}

/** The schema of a type whose data are of this shape today. */
export function eventSchema<Data extends object>(
  shape: Shape<Data>,
  older?: OlderVersion<Data>,
): EventSchema {
  const today = versionOf(shape, null);
  const versions = [...(older?.versions ?? []), today];
  const checkWritten = lazyCheck(shape, 'refused', 'opened');
  return { schemaVersion: versions.length, versions, shape: shape.node, checkWritten };
}

/** @param older of the types that have had more than one version */
export function eventCatalogue<Event extends DomainEvent>(
  shapes: ShapesOf<Event>,
  older: {
    readonly [Type in Event['type']]?: OlderVersion<
      Extract<Event, { readonly type: Type }>['data']
    >;
  } = {},
): EventCatalogue<Event> {
  const types = Object.keys(shapes) as Event['type'][];
  const entries = types.map((type) => [type, eventSchema(shapes[type], older[type])] as const);
  return Object.fromEntries(entries) as EventCatalogue<Event>;
}

function versionOf<Data extends object>(
  shape: Shape<Data>,
  toNext: EventVersion['toNext'],
): EventVersion {
  return {
    shape: shape.node,
    checkExact: lazyCheck(shape, 'refused', 'sealed'),
    checkRead: lazyCheck(shape, 'ignored', 'sealed'),
    checkOpened: mayBeSensitive(shape.node) ? lazyCheck(shape, 'ignored', 'opened') : null,
    toNext,
  };
}

/** Compiled when it is first needed: a command needs few of them, and should not wait for all. */
function lazyCheck<T>(shape: Shape<T>, unknownFields: UnknownFields, form: SensitiveForm): Check {
  let check: Check | null = null;
  return (value) => (check ??= compileCheck(shape, unknownFields, form))(value);
}
