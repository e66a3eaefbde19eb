import { hasErrorCode, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import type { StreamRecord } from '../../ledger/record-bytes.ts';
import type { LogReadKeys } from '../../transparency-log/log-keys.ts';
import { readLog } from '../../transparency-log/read-log.ts';
import { formatNoteKey } from '../../transparency-log/signed-note.ts';
import { SubjectKeys } from '../../transparency-log/subject-keys.ts';
import type { ExportFormat } from '../audit.ts';
import { SegmentOpener } from '../opened-segments.ts';
import { exportLedger } from './export-ledger.ts';
import { RecordProofs } from './record-proofs.ts';

export interface SealedExport {
  readonly format: ExportFormat;
  readonly objectStore: ObjectStore;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly actor: string;
  readonly keys: LogReadKeys;
}

/**
 * All that is sealed in a repository, opened with the key that reads it. Nothing else is needed, and
 * nothing is written.
 *
 * @throws LEDGER_TAMPERED; INVALID_ARGUMENT for a read key that does not open it
 */
export async function* exportSealed(request: SealedExport): AsyncGenerator<string, void> {
  const { format, objectStore, random, clock, actor, keys } = request;
  const proofs = await RecordProofs.read({ objectStore, random, keys }, null);
  const header = {
    checkpoint: proofs.checkpoint,
    key: formatNoteKey(keys.signer),
    exportedAt: clock.now(),
    actor,
    selection: { kind: 'everything' },
  } as const;
  yield* exportLedger({ format, header, proofs, records: sealedRecords(request) });
}

async function* sealedRecords({
  objectStore,
  random,
  keys,
}: SealedExport): AsyncGenerator<StreamRecord, void> {
  const opener = new SegmentOpener(new SubjectKeys(objectStore, keys, random));
  let opened: 'none' | 'some' = 'none';
  try {
    for await (const proven of readLog(objectStore, keys.signer)) {
      for await (const { record } of opener.open(proven)) {
        opened = 'some';
        yield record;
      }
    }
  } catch (error) {
    // With a wrong key no object opens, as if all were damaged.
    if (opened === 'some' || !hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      'the read key does not open the records of this repository',
      {
        cause: error,
        remedy: `Ask for what 'snapledger audit key --read' shows; if this is it: ${error.message}.`,
      },
    );
  }
}
