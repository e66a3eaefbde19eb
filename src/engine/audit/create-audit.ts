import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { SessionSeals } from '../seal/session-seals.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import { type LogKeys, logKeysOf } from '../transparency-log/log-keys.ts';
import { formatNoteKey } from '../transparency-log/signed-note.ts';
import type { LedgerAudit } from './audit.ts';
import { auditedSessions } from './audited-sessions.ts';
import { diffSession } from './diff-session.ts';
import { exportLedger, storedRecords } from './export/export-ledger.ts';
import { RecordProofs } from './export/record-proofs.ts';
import { selectedStreams } from './export/selected-streams.ts';
import { nothingInStore, storeContents } from './store-contents.ts';
import { instanceTimeline } from './timeline/instance-timeline.ts';
import { proveConsistency } from './prove-consistency.ts';
import { verifyLedger } from './verify-ledger.ts';

export function createAudit(
  context: EngineContext,
  ledger: Ledger,
  directory: SessionDirectory,
  seals: SessionSeals,
): LedgerAudit {
  const { objectStore, eventStore, random, clock, actor, witnesses = [] } = context;
  const keysOf = async (): Promise<LogKeys> => logKeysOf(await context.repository());
  const sessions: LedgerAudit['sessions'] = (filter = {}) =>
    auditedSessions({ directory, eventStore, objectStore }, filter);

  return {
    sessions,
    diff: async (sessionId, range) => {
      await directory.summaryOf(sessionId);
      return diffSession(ledger, sessionId, range);
    },
    timeline: (instanceId) => instanceTimeline(ledger, instanceId),

    export: async function* ({ format, selection = { kind: 'everything' } }) {
      if (selection.kind === 'session') await directory.summaryOf(selection.sessionId);
      const streams = await selectedStreams(selection, { eventStore, sessions });
      const keys = await keysOf();
      const wanted = streams === null ? null : new Set(streams);
      const proofs = await RecordProofs.read({ objectStore, random, keys }, wanted);
      const { checkpoint } = proofs;
      const header = {
        checkpoint,
        key: formatNoteKey(keys.signer),
        exportedAt: clock.now(),
        actor,
        selection,
      };
      yield* exportLedger({ format, header, proofs, records: storedRecords(eventStore, streams) });
    },

    verify: async ({ scope = 'store-and-repository', checkpoints = [] } = {}) => {
      const keys = await keysOf();
      const compares = scope === 'store-and-repository';
      const { headerKey } = context.format;
      const common = { objectStore, headerKey, random, clock, keys, witnesses, checkpoints };
      return verifyLedger({
        ...common,
        repository: await context.repository(),
        eventStore: compares ? eventStore : null,
        contents: (sealed) =>
          compares ? storeContents(eventStore, sealed) : Promise.resolve(nothingInStore),
      });
    },

    consistency: async (checkpoint) =>
      proveConsistency(objectStore, (await keysOf()).signer, checkpoint),
    seal: () => seals.catchUp(),
    publicKey: async () => formatNoteKey((await keysOf()).signer),
    readKey: async () => Buffer.from((await keysOf()).readKey).toString('hex'),
  };
}
