import { counted } from '../../domain/errors/counted.ts';
import { Unpackr } from 'msgpackr';
import type { NewEvent } from '../../ports/event-store.ts';

/** A summary has some hundred bytes; below 20 KiB even if every character has to be escaped. */
const fieldsMax = 16;
const textMaxLength = 100;

const unpackr = new Unpackr({ useRecords: false });

/**
 * What an event says, as small plain JSON for people who look at an event store with its own
 * tools. Of the event's data it shows the first fields, long texts cut off and lists only counted;
 * it never shows what the data does not hold. Nobody reads it back.
 */
export function summariseEvent({
  data,
}: Pick<NewEvent, 'data'>): Readonly<Record<string, unknown>> {
  const fields = Object.entries(decoded(data)).slice(0, fieldsMax);
  return Object.fromEntries(fields.map(([name, value]) => [shortened(name), summaryOf(value)]));
}

function decoded(data: Uint8Array): object {
  let value: unknown;
  try {
    value = unpackr.unpack(data);
  } catch {
    // Reading the event says what is wrong with it; a summary is no place to fail.
    return {};
  }
  return isMap(value) ? value : {};
}

function isMap(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

function summaryOf(value: unknown): string | number | boolean | null {
  switch (typeof value) {
    case 'string':
      return shortened(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'bigint':
      return String(value);
    case 'object':
      if (value === null) return null;
      if (value instanceof Uint8Array) return counted(value.byteLength, 'byte');
      if (Array.isArray(value)) return counted(value.length, 'item');
      return counted(Object.keys(value).length, 'field');
    case 'undefined':
    case 'symbol':
    case 'function':
      return null;
  }
}

function shortened(text: string): string {
  const whole = text.toWellFormed();
  return whole.length <= textMaxLength ? whole : `${whole.slice(0, textMaxLength).toWellFormed()}…`;
}
