/** A defect, made by replacing a text of one source file by another. */
export interface Mutant {
  /** What is broken, completing "an engine that …". */
  readonly name: string;
  /** Relative to the folder of the package. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly original: string;
  readonly replacement: string;
}

/** Defects that an engine could have, some of which this one had. */
export const mutants: readonly Mutant[] = [
  {
    name: 'takes snapshots without looking for those of an earlier try',
    file: 'src/engine/backup/steps/take-snapshots.ts',
    original:
      'const found = momentsOf(await findSet(context, setId));\n  const volumeIds = instance.',
    replacement: 'const found: SetMoment[] = [];\n  const volumeIds = instance.',
  },
  {
    name: 'abandons a requested set without looking for it',
    file: 'src/engine/backup/steps/take-snapshots.ts',
    original: "if (taken === undefined) return { type: 'AbandonSnapshots' };",
    replacement: "if (taken !== null) return { type: 'AbandonSnapshots' };",
  },
  {
    name: 'does not pin the CBT base',
    file: 'src/domain/retention/plan-snapshots.ts',
    original: "if (image.level === 'off' || image.changedBlockTracking === 'off') return;",
    replacement: "if (image.level === 'on' || image.changedBlockTracking === 'off') return;",
  },
  {
    name: 'releases the instance before its session has ended',
    file: 'src/engine/backup/claimed-sessions.ts',
    original:
      '        await runBackup({ ...this.#parts(), ...work, ...wishes, cancelSignal }, loaded);\n',
    replacement:
      '        await this.#claims.release(instanceId, sessionId);\n' +
      '        await runBackup({ ...this.#parts(), ...work, ...wishes, cancelSignal }, loaded);\n',
  },
  {
    name: 'launches a worker with a new token at each try',
    file: 'src/engine/backup/steps/launch-worker.ts',
    original:
      "clientToken: `${sessionId}-worker-${attempt}${machine.market === 'spot' ? '-spot' : ''}`",
    replacement: 'clientToken: engine.random.uuid()',
  },
  {
    name: 'ends a failed session without removing its worker',
    file: 'src/domain/backup-session/backup-step.ts',
    original:
      "    if (mayHaveWorker(worker)) return { kind: 'remove-worker', workersWanted: 'no-more' };\n" +
      "    return { kind: 'discard-writer' };",
    replacement: "    return { kind: 'discard-writer' };",
  },
  {
    name: 'ends a failed session without discarding its data',
    file: 'src/domain/backup-session/backup-step.ts',
    original: "    return { kind: 'discard-writer' };",
    replacement: "    return { kind: 'end-session' };",
  },
  {
    name: 'lets a failure be stronger than a commit that had happened',
    file: 'src/domain/backup-session/evolve-backup.ts',
    original: 'return { point: data, ending: null };',
    replacement: 'return { point: data };',
  },
  {
    name: 'does not know of a writer before it is recorded',
    file: 'src/domain/backup-session/evolve-backup.ts',
    original: "state.scope === 'image-level' ? 'possible' : 'none'",
    replacement: "state.scope === 'image-level' ? 'none' : 'none'",
  },
  {
    name: 'goes on with its append after another engine has appended',
    file: 'src/engine/backup/run-backup.ts',
    original: "    if (!hasErrorCode(error, 'REVISION_CONFLICT')) throw error;\n",
    replacement:
      "    if (!hasErrorCode(error, 'REVISION_CONFLICT')) throw error;\n" +
      '    return run.ledger.load(loaded.stream, backupAggregate);\n',
  },
  {
    name: 'takes sessions over from engines that live',
    file: 'src/engine/backup/claimed-sessions.ts',
    original: '    if (await presence.isPresent(claim.engineId)) return false;\n',
    replacement: '    await presence.isPresent(claim.engineId);\n',
  },
  {
    name: 'lets the loser of a race take a session over from the winner',
    file: 'src/engine/instance/instance-claims.ts',
    original: 'claim?.sessionId === sessionId && claim.engineId === dead.engineId',
    replacement: 'claim?.sessionId === sessionId',
  },
  {
    name: 'gives two claims of one revision the same event id',
    file: 'src/engine/ledger/event-id.ts',
    original: 'engineId, digest]',
    replacement: 'engineId]',
  },
  {
    name: 'goes on with a session without asking whether it still holds it',
    file: 'src/engine/backup/claimed-sessions.ts',
    original: '        await this.#expectClaim(instanceId, sessionId);\n',
    replacement: '',
  },
  {
    name: 'never ends a session that lost its claim before its first event',
    file: 'src/engine/resume-interrupted.ts',
    original: '        await claimed.endUnclaimed({ sessionId, instanceId });\n',
    replacement: '',
  },
  {
    name: 'cannot resume a session of its own that had to stop',
    file: 'src/engine/backup/claimed-sessions.ts',
    original: '    if (claim.engineId === engineId) return true;\n',
    replacement: '    if (claim.engineId === engineId) return false;\n',
  },
  {
    name: 'takes a newer set for the base than that of the last point',
    file: 'src/domain/retention/cbt-base.ts',
    original: 'return history.sets.some(({ id }) => id === last.setId) ? last : null;',
    replacement:
      'const newest = history.sets.at(-1);\n  return newest === undefined ? null : { ...last, setId: newest.id };',
  },
  {
    name: 'lists segments of a lost attempt in the wrong order',
    file: 'src/domain/backup-session/evolve-backup.ts',
    original: '  return [...runs, { attempt, firstSegment, endSegment }];',
    replacement: '  return [{ attempt, firstSegment, endSegment }, ...runs];',
  },
  {
    name: 'forgets where a lost worker had got to',
    file: 'src/engine/backup/transfer-job.ts',
    original: 'firstPlanned: transfer.endPlanned,',
    replacement: 'firstPlanned: 0,',
  },
  {
    name: 'counts a set that is half removed as one to restore from',
    file: 'src/domain/retention/instance-history.ts',
    original: "isWhole && !facts.perhapsHalfRemoved.has(key) ? 'complete' : 'incomplete'",
    replacement: "isWhole ? 'complete' : 'incomplete'",
  },
  {
    name: 'removes the snapshot set of the session before',
    file: 'src/domain/retention/count-rule.ts',
    original: 'place <= keep',
    replacement: 'place < keep',
  },
  {
    name: 'tells followers nothing of the end',
    file: 'src/engine/session/session-runner.ts',
    original: '      feed.end();\n',
    replacement: '',
  },
  {
    name: 'copies a set without looking for the copies of an earlier try',
    file: 'src/engine/backup/steps/start-replica.ts',
    original: 'found.find((copy) => copy.sourceSnapshotId === sourceSnapshotId)',
    replacement: 'found.find((copy) => copy.volumeId === sourceSnapshotId)',
  },
  {
    name: 'gives up a replica and leaves its copies',
    file: 'src/engine/backup/replica-copies.ts',
    original:
      'await deleteCopies(engine, {\n    sessionId: session.sessionId,\n    replicaSetId,\n    target,\n  })',
    replacement: 'await Promise.resolve()',
  },
  {
    name: 'removes without having the instance clear it',
    file: 'src/engine/backup/run-backup.ts',
    original: 'claims.beginRemovals(session, items, engine.clock.now())',
    replacement: 'Promise.resolve(items.slice(0, 0).map((item) => ({ item, holdId: null })))',
  },
];
