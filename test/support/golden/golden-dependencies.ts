import { blockCountOf } from '../../../src/domain/block-size.ts';
import type { Volume } from '../../../tools/strata-reader/manifest.ts';
import {
  blocksOfEntry,
  type Entry,
  fanOut,
  parseNode,
  type Reference,
  rootLevel,
} from '../../../tools/strata-reader/map-node.ts';
import { RecordReader } from '../../../tools/strata-reader/record-reader.ts';
import { readPoints, type Repository } from '../../../tools/strata-reader/repository.ts';
import type { RecordKind } from '../../../tools/strata-reader/record.ts';

/** A part of an object that something needs: bytes from `from` to before `end`. */
export interface NeededPart {
  readonly key: string;
  readonly from: number;
  readonly end: number;
}

/** A record of a golden repository, and for a node where it is in its map. */
export interface GoldenRecord {
  readonly kind: RecordKind;
  readonly reference: Reference;
  /** Bytes of the content; of a node as many as it has. */
  readonly plainLength: number;
}

/** What each block of a volume needs so that it can be restored, besides the header. */
export interface VolumeNeeds {
  readonly pointKey: string;
  readonly volumeId: string;
  readonly blocks: readonly (readonly NeededPart[])[];
}

export interface GoldenDependencies {
  readonly volumes: readonly VolumeNeeds[];
  /** Every record that a point refers to, once. */
  readonly records: readonly GoldenRecord[];
}

/** Walks every map of a sound repository. */
export function dependenciesOf(repository: Repository): GoldenDependencies {
  const reader = new RecordReader(repository);
  const records = new Map<string, GoldenRecord>();
  const volumes: VolumeNeeds[] = [];
  for (const point of readPoints(repository)) {
    if (point.kind !== 'point') continue;
    const manifest = { key: point.key, from: 0, end: Infinity };
    for (const volume of point.manifest.volumes) {
      const blocks = needsOf(reader, volume, [manifest], records);
      volumes.push({ pointKey: point.key, volumeId: volume.volumeId, blocks });
    }
  }
  return { volumes, records: [...records.values()] };
}

function needsOf(
  reader: RecordReader,
  volume: Volume,
  above: readonly NeededPart[],
  records: Map<string, GoldenRecord>,
): readonly (readonly NeededPart[])[] {
  const blockCount = blockCountOf(volume.sizeBytes);
  const needs = new Array<readonly NeededPart[]>(blockCount);
  const visit = (
    entry: Entry,
    level: number,
    first: number,
    parts: readonly NeededPart[],
  ): void => {
    const end = Math.min(blockCount, first + blocksOfEntry(level));
    if (typeof entry === 'string') {
      needs.fill(parts, first, end);
      return;
    }
    const { header, content } = reader.open(entry);
    const { pack, offset, lengthBytes, sessionId } = entry;
    const own = [
      ...parts,
      { key: `keys/${sessionId}`, from: 0, end: Infinity },
      { key: pack, from: offset, end: offset + lengthBytes },
    ];
    const { kind, plainLength } = header;
    records.set(`${pack} ${offset}`, { kind, reference: entry, plainLength });
    if (level === 0) {
      needs[first] = own;
      return;
    }
    const span = blocksOfEntry(level - 1);
    const entries = Math.min(fanOut, Math.ceil((blockCount - first) / span));
    const place = { level: level - 1, position: first / blocksOfEntry(level), entries };
    for (const [index, child] of parseNode(content, place, pack).entries()) {
      visit(child, level - 1, first + index * span, own);
    }
  };
  visit(volume.root, rootLevel(blockCount) + 1, 0, above);
  return needs;
}

/** A part of an object that is not as it was. */
export type DamagedPart = NeededPart;

/** Whether a block that needs `needed` is hurt by any of `damaged`. */
export function isHurt(needed: readonly NeededPart[], damaged: readonly DamagedPart[]): boolean {
  return needed.some(({ key, from, end }) =>
    damaged.some((part) => part.key === key && part.from < end && part.end > from),
  );
}
