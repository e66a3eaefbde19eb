import { decodeLimits } from './decode-limits.ts';
import type { FetchedItem, FetchedRecord } from './fetch-section.ts';
import type { PlainItem } from './volume-section.ts';

/** What is decoded at once: one to `blocksPerBatch` neighbouring blocks, or nothing to decode. */
export type DecodeTask =
  | { readonly kind: 'records'; readonly records: readonly FetchedRecord[] }
  | { readonly kind: 'plain'; readonly item: PlainItem };

/** Cuts fetched sections into tasks, keeping their order. */
export async function* decodeTasks(
  sections: AsyncIterable<readonly FetchedItem[]>,
): AsyncGenerator<DecodeTask> {
  for await (const section of sections) yield* tasksOf(section);
}

function* tasksOf(section: readonly FetchedItem[]): Generator<DecodeTask> {
  let records: FetchedRecord[] = [];
  for (const item of section) {
    const last = records.at(-1);
    const joins =
      item.kind === 'record' &&
      records.length < decodeLimits.blocksPerBatch &&
      (last === undefined || last.index + 1 === item.index);
    if (!joins && records.length > 0) {
      yield { kind: 'records', records };
      records = [];
    }
    if (item.kind === 'record') records.push(item);
    else yield { kind: 'plain', item };
  }
  if (records.length > 0) yield { kind: 'records', records };
}
