import { StrataDefect, defectOf } from './defect.ts';
import { parseGeneration } from './generation.ts';
import { uuidBytes } from './keys.ts';
import { packHeaderBytes, parseRecordHeader, recordHeaderBytes, recordTagBytes } from './record.ts';
import { RecordReader } from './record-reader.ts';
import { readPoints } from './repository.ts';
import type { Repository } from './repository.ts';
import { openSealed, sealedKind } from './sealed-object.ts';
import { restoreVolume } from './restore-volume.ts';
import { parsePlanPage, parsePlanSummary, parseSegment } from './transfer.ts';
import { decodeMsgpack, fieldsOf } from './msgpack.ts';

const planId = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const uuid = `(${planId})`;
const instance = '(?!\\.{1,2}/)[A-Za-z0-9._-]{1,128}';
const claimPattern = new RegExp(`^relocations/(${instance})/[0-9a-f]{8}-${uuid}$`);

/** Reads every byte of a repository and every block of every point. Gives all that is wrong. */
export function verifyRepository(repository: Repository): readonly StrataDefect[] {
  const records = new RecordReader(repository);
  const defects: StrataDefect[] = [];
  const attempt = (check: () => void): void => {
    try {
      check();
    } catch (thrown) {
      defects.push(defectOf(thrown));
    }
  };
  for (const key of repository.objects.keys().toSorted()) {
    for (const [pattern, check] of checks) {
      const [, sessionId] = pattern.exec(key) ?? [];
      if (sessionId === undefined) continue;
      attempt(() => {
        check({ repository, records, key, sessionId, attempt });
      });
    }
  }
  defects.push(...lostRelocations(repository));
  for (const point of readPoints(repository)) {
    if (point.kind === 'damaged') defects.push(point.defect);
    if (point.kind !== 'point') continue;
    for (const volume of point.manifest.volumes) {
      for (const { first, count, defect } of restoreVolume(records, volume, () => undefined)) {
        defects.push(
          new StrataDefect(
            `${point.key} ${volume.volumeId} blocks ${first} to ${first + count - 1}`,
            defect.message,
          ),
        );
      }
    }
  }
  return defects;
}

/** A claim whose session is neither registered nor has left anything in its place: what it left there is gone. */
function lostRelocations({ objects }: Repository): readonly StrataDefect[] {
  const keys = new Set(objects.keys());
  return [...keys].flatMap((key): readonly StrataDefect[] => {
    const [, instanceId, sessionId] = claimPattern.exec(key) ?? [];
    if (instanceId === undefined || sessionId === undefined) return [];
    const place = `points/${instanceId}/${sessionId}`;
    const isAccountedFor = [place, `${place}.removed`, `sessions/${sessionId}`].some((one) =>
      keys.has(one),
    );
    return isAccountedFor
      ? []
      : [new StrataDefect(place, `the object that ${key} claims is missing`)];
  });
}

interface Checked {
  readonly repository: Repository;
  readonly records: RecordReader;
  readonly key: string;
  readonly sessionId: string;
  readonly attempt: (check: () => void) => void;
}

const checks: readonly (readonly [RegExp, (checked: Checked) => void])[] = [
  [
    new RegExp(`^keys/${uuid}$`),
    ({ records, sessionId }) => {
      records.session(sessionId);
    },
  ],
  [
    new RegExp(`^sessions/${uuid}$`),
    ({ repository, key }) => {
      const sealKeys = repository.epochs.map(({ wrap }) => wrap);
      const content = openWith(repository, key, sealKeys, sealedKind.session);
      fieldsOf(decodeMsgpack(content, key), key).number('registeredAt', 0, Number.MAX_SAFE_INTEGER);
    },
  ],
  [
    // What it captures is the number of the generation; there is no session here.
    /^gc\/([0-9a-f]{8})$/,
    ({ repository, key, sessionId: generation }) => {
      const sealKeys = repository.epochs.map(({ manifest }) => manifest);
      const content = openWith(repository, key, sealKeys, sealedKind.generation);
      parseGeneration(content, key, Number.parseInt(generation, 16));
    },
  ],
  [
    new RegExp(`^points/${instance}/${uuid}\\.removed$`),
    ({ repository, key }) => {
      const sealKeys = repository.epochs.map(({ manifest }) => manifest);
      const content = openWith(repository, key, sealKeys, sealedKind.removalMark);
      fieldsOf(decodeMsgpack(content, key), key).number('removedAt', 0, Number.MAX_SAFE_INTEGER);
    },
  ],
  [
    new RegExp(`^relocations/${instance}/[0-9a-f]{8}-${uuid}$`),
    ({ repository, key }) => {
      const sealKeys = repository.epochs.map(({ manifest }) => manifest);
      const content = openWith(repository, key, sealKeys, sealedKind.relocationClaim);
      fieldsOf(decodeMsgpack(content, key), key).number('claimedAt', 0, Number.MAX_SAFE_INTEGER);
    },
  ],
  [new RegExp(`^packs/${uuid}/[0-9a-f]{8}-[0-9a-f]{8}$`), checkPack],
  [
    new RegExp(`^control/${uuid}/plan-${planId}/[0-9a-f]{8}$`),
    (checked) => {
      parsePlanPage(openControl(checked, sealedKind.planPage), checked.key);
    },
  ],
  [
    new RegExp(`^control/${uuid}/plan-${planId}/summary$`),
    (checked) => {
      parsePlanSummary(openControl(checked, sealedKind.planSummary), checked.key);
    },
  ],
  [
    new RegExp(`^control/${uuid}/segments-${planId}/[0-9a-f]{4}-[0-9a-f]{8}$`),
    (checked) => {
      parseSegment(openControl(checked, sealedKind.segment), checked.key);
    },
  ],
];

function openControl({ repository, records, key, sessionId }: Checked, kind: number): Buffer {
  return openWith(repository, key, [records.session(sessionId).control], kind);
}

function openWith(
  repository: Repository,
  key: string,
  sealKey: readonly Buffer[],
  kind: number,
): Buffer {
  const { repositoryId } = repository;
  return openSealed(repository.objects, key, { repositoryId, sealKey, kinds: [kind] }).content;
}

function checkPack({ repository, records, key, sessionId, attempt }: Checked): void {
  const { objects } = repository;
  const size = objects.sizeOf(key) ?? 0;
  const header = objects.read(key, 0, packHeaderBytes);
  if (header.toString('latin1', 0, 4) !== 'SLPK' || header[4] !== 1) {
    throw new StrataDefect(key, 'is not a pack of version 1');
  }
  const kind = header[5];
  if ((kind !== 1 && kind !== 2) || header.readUInt16LE(6) !== 0) {
    throw new StrataDefect(key, 'has an unknown kind, or bytes that must be zero and are not');
  }
  if (
    !header.subarray(8, 24).equals(uuidBytes(repository.repositoryId)) ||
    !header.subarray(24).equals(uuidBytes(sessionId))
  ) {
    throw new StrataDefect(key, 'is a pack of another repository or session');
  }
  let offset = packHeaderBytes;
  while (offset < size) {
    const where = `${key} at ${offset}`;
    const head = objects.read(key, offset, Math.min(recordHeaderBytes, size - offset));
    const { kind: recordKind, storedLength } = parseRecordHeader(head, where);
    const lengthBytes = recordHeaderBytes + storedLength + recordTagBytes;
    if (lengthBytes > size - offset) throw new StrataDefect(where, 'goes beyond the pack');
    const place = { pack: key, sessionId, offset, lengthBytes };
    attempt(() => {
      if (recordKind !== kind) throw new StrataDefect(where, 'is of another kind than its pack');
      records.open(place);
    });
    offset += lengthBytes;
  }
}
