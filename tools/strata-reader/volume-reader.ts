import { StrataDefect, defectOf } from './defect.ts';
import type { Volume } from './manifest.ts';
import { blocksOfEntry, fanOut, parseNode, rootLevel } from './map-node.ts';
import type { Entry, Reference } from './map-node.ts';
import { blockBytes, recordKind } from './record.ts';
import type { RecordKind } from './record.ts';
import type { RecordReader } from './record-reader.ts';

/** A run of neighbouring blocks of a volume, of which the same is known. */
export type Extent =
  | { readonly first: number; readonly count: number; readonly state: 'absent' | 'zero' }
  | { readonly first: number; readonly count: 1; readonly state: 'data'; readonly content: Buffer }
  | {
      readonly first: number;
      readonly count: number;
      readonly state: 'damaged';
      readonly defect: StrataDefect;
    };

/** Reads a volume from its first block to its last. What cannot be read is an extent of its own. */
export function* readVolume(records: RecordReader, volume: Volume): Generator<Extent> {
  const blocks = Math.ceil(volume.sizeBytes / blockBytes);
  const level = rootLevel(blocks);

  function* readEntry(entry: Entry, level: number, first: number): Generator<Extent> {
    const count = Math.min(blocksOfEntry(level), blocks - first);
    if (entry === 'absent' || entry === 'zero') {
      yield { first, count, state: entry };
      return;
    }
    try {
      if (level === 0) {
        const length = Math.min(blockBytes, volume.sizeBytes - first * blockBytes);
        const content = expect(records, entry, recordKind.block);
        if (content.length !== length) {
          throw new StrataDefect(placeOf(entry), `is ${content.length} bytes, not ${length}`);
        }
        yield { first, count: 1, state: 'data', content };
        return;
      }
    } catch (thrown) {
      yield { first, count, state: 'damaged', defect: defectOf(thrown) };
      return;
    }
    yield* readNode(entry, level - 1, first);
  }

  function* readNode(reference: Reference, level: number, first: number): Generator<Extent> {
    const span = blocksOfEntry(level);
    const entries = Math.min(fanOut, Math.ceil((blocks - first) / span));
    let parsed: readonly Entry[];
    try {
      const node = expect(records, reference, recordKind.node);
      const position = first / blocksOfEntry(level + 1);
      parsed = parseNode(node, { level, position, entries }, placeOf(reference));
    } catch (thrown) {
      const count = Math.min(span * fanOut, blocks - first);
      yield { first, count, state: 'damaged', defect: defectOf(thrown) };
      return;
    }
    for (const [index, entry] of parsed.entries()) {
      yield* readEntry(entry, level, first + index * span);
    }
  }

  yield* readEntry(volume.root, level + 1, 0);
}

function expect(records: RecordReader, reference: Reference, kind: RecordKind): Buffer {
  const { header, content } = records.open(reference);
  if (header.kind !== kind || !header.id.equals(reference.id)) {
    throw new StrataDefect(placeOf(reference), 'is another record than the map says');
  }
  return content;
}

function placeOf(reference: Reference): string {
  return `${reference.pack} at ${reference.offset}`;
}
