import type {
  DeviceName,
  InstanceId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
} from '../../../../../src/domain/identifiers.ts';
import { hasErrorCode } from '../../../../../src/domain/errors/snapledger-error.ts';
import type { BlocksElsewhere } from '../../../../../src/format/repairer.ts';
import type { CommitVolume } from '../../../../../src/format/repository.ts';
import type { BlockSelection } from '../../../../../src/format/transfer-plan.ts';
import { StrataCollector } from '../../../../../src/format/strata/collect/strata-collector.ts';
import { commitPoint } from '../../../../../src/format/strata/commit/commit-point.ts';
import { registrationsPrefix } from '../../../../../src/format/strata/object/object-keys.ts';
import { parseRegistrationKey } from '../../../../../src/format/strata/object/object-keys.ts';
import { writeTransferPlan } from '../../../../../src/format/strata/plan/write-transfer-plan.ts';
import { repack } from '../../../../../src/format/strata/relocate/repack.ts';
import { repair } from '../../../../../src/format/strata/repair/repair.ts';
import { removePoint } from '../../../../../src/format/strata/point/remove-point.ts';
import type { RepositoryContext } from '../../../../../src/format/strata/repository/repository-context.ts';
import { closeWriter } from '../../../../../src/format/strata/writer/close-writer.ts';
import { discardWriter } from '../../../../../src/format/strata/writer/discard-writer.ts';
import { readRegistration } from '../../../../../src/format/strata/writer/read-registration.ts';
import { registerWriter } from '../../../../../src/format/strata/writer/register-writer.ts';
import { rotateMasterKey } from '../../../../../src/format/strata/slots/rotate-master-key.ts';
import { cheapHardness } from '../../../../support/format/cheap-strata.ts';
import type { SeededPrng } from '../../../../support/simulation/seeded-prng.ts';
import {
  blockBytes,
  changedPlaces,
  emptyContent,
  type InstanceContent,
  simulatedVolumes,
} from './simulated-instance.ts';
import { type MadePoint, secret, type SimulatedRepository } from './simulated-repository.ts';
import { simulatedTransfer } from './simulated-transfer.ts';

/** What one program of the simulation works with. */
export interface ProgramContext {
  readonly repository: SimulatedRepository;
  readonly context: RepositoryContext;
  readonly prng: SeededPrng;
  /** Counts what happened, so that a test can tell what its runs have met. */
  readonly tell: (event: string) => void;
}

/** A backup session from its registration to its end. */
export async function backUp(
  program: ProgramContext,
  instanceId: InstanceId,
  mode: 'changed' | 'allocated',
  sessionId: SessionId,
): Promise<void> {
  const { repository, context, prng, tell } = program;
  await registerWriter(context, sessionId, instanceId);
  const parent = await newestPoint(repository, instanceId);
  const before = parent?.content ?? emptyContent;
  const content: InstanceContent = simulatedVolumes.map(({ places }, number) => {
    const after = new Map(before[number]);
    for (const index of places) {
      if (!after.has(index) || prng.chance(0.4)) after.set(index, prng.integer(1, 4));
    }
    return after;
  });
  repository.contents.set(sessionId, content);
  try {
    await transferAndCommit(program, { instanceId, sessionId, parent, before, content, mode });
    await closeWriter(context, sessionId);
    tell('committed');
  } catch (error) {
    tell(hasErrorCode(error, 'SESSION_FENCED') ? 'fenced' : 'failed');
    // INVALID_ARGUMENT: the plan is gone, because somebody has discarded the session.
    const isLost = hasErrorCode(error, 'SESSION_FENCED', 'INVALID_ARGUMENT', ...lostParentCodes);
    if (!isLost) throw error;
    await endSession(program, instanceId, sessionId);
  }
}

const lostParentCodes = ['UNKNOWN_POINT', 'OBJECT_CORRUPT', 'OBJECT_NOT_FOUND'] as const;

interface Session {
  readonly instanceId: InstanceId;
  readonly sessionId: SessionId;
  readonly parent: MadePoint | null;
  readonly before: InstanceContent;
  readonly content: InstanceContent;
  readonly mode: 'changed' | 'allocated';
}

async function transferAndCommit(program: ProgramContext, session: Session): Promise<void> {
  const { context } = program;
  const volumes: CommitVolume[] = [];
  for (const number of simulatedVolumes.keys()) {
    volumes.push(await transferVolume(program, session, number));
  }
  const { instanceId, sessionId } = session;
  await commitPoint(context, {
    sessionId,
    instanceId,
    setId: `set-${sessionId}` as SnapshotSetId,
    takenAt: 1_700_000_000_000 as TimestampMs,
    configuration: {},
    volumes,
  });
}

async function transferVolume(
  program: ProgramContext,
  session: Session,
  number: number,
): Promise<CommitVolume> {
  const { context, prng, tell } = program;
  const { sessionId, content, before } = session;
  const volume = simulatedVolumes[number];
  const after = content[number];
  if (volume === undefined || after === undefined) throw new Error('no such volume');
  let parent = session.parent;
  for (;;) {
    const plan = { sessionId, planId: context.random.uuid() };
    const isChanged = parent !== null && session.mode === 'changed';
    const places = isChanged
      ? changedPlaces(volume, before[number] ?? new Map(), after)
      : volume.places;
    const selection: BlockSelection = isChanged
      ? { kind: 'changed', pages: pages(places.map((index) => ({ index, state: 'present' }))) }
      : { kind: 'allocated', pages: pages(places) };
    const { sizeBytes, volumeId } = volume;
    const parentVolume = parent === null ? null : { pointId: parent.pointId, volumeId };
    try {
      await writeTransferPlan(context, { ...plan, sizeBytes, selection, parent: parentVolume });
    } catch (error) {
      if (parent === null || !hasErrorCode(error, 'PARENT_CONDEMNED', ...lostParentCodes)) {
        throw error;
      }
      tell(hasErrorCode(error, 'PARENT_CONDEMNED') ? 'parent condemned' : 'parent gone');
      parent = null;
      continue;
    }
    // An attempt before the last one leaves a pack that nothing refers to.
    const attempts = prng.chance(0.2) ? 2 : 1;
    for (let attempt = 0; attempt + 1 < attempts; attempt += 1) {
      await simulatedTransfer(context, plan, volume, after, attempt);
    }
    const run = await simulatedTransfer(context, plan, volume, after, attempts - 1);
    return {
      ...plan,
      volumeId,
      device: `/dev/${volumeId}` as DeviceName,
      snapshotId: `snap-${volumeId}` as SnapshotId,
      sizeBytes,
      parent: parentVolume,
      segments: [run],
    };
  }
}

/** What an engine does with a session that made no point, or found it made. */
export async function endSession(
  { context, tell }: ProgramContext,
  instanceId: InstanceId,
  sessionId: SessionId,
): Promise<void> {
  try {
    const committed = await discardWriter(context, sessionId, instanceId);
    if (committed !== null) await closeWriter(context, sessionId);
    tell(committed === null ? 'discarded' : 'found committed');
  } catch (error) {
    // Committed and removed since.
    if (!hasErrorCode(error, 'SESSION_FENCED')) throw error;
    await closeWriter(context, sessionId);
  }
}

/** Fences any session that is open, whether its program lives or not. */
export async function fenceOne(program: ProgramContext): Promise<void> {
  const { context, prng } = program;
  const open: SessionId[] = [];
  for await (const { key } of context.objectStore.list(registrationsPrefix)) {
    const sessionId = parseRegistrationKey(key);
    if (sessionId !== null) open.push(sessionId);
  }
  const sessionId = open[prng.integer(0, Math.max(0, open.length - 1))];
  if (sessionId === undefined) return;
  try {
    const { instanceId } = await readRegistration(context, sessionId);
    if (instanceId !== null) await endSession(program, instanceId, sessionId);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_NOT_FOUND')) throw error;
  }
}

export async function removeOne(
  { repository, context, prng, tell }: ProgramContext,
  which: 'any' | 'oldest' | 'newest',
): Promise<void> {
  const points = await repository.livePoints();
  const at = {
    any: prng.integer(0, Math.max(0, points.length - 1)),
    oldest: 0,
    newest: points.length - 1,
  };
  const point = points[at[which]];
  if (point === undefined) return;
  try {
    await removePoint(context, point.pointId, point.instanceId);
    tell('point removed');
  } catch (error) {
    if (!hasErrorCode(error, 'POINT_LOCKED')) throw error;
    tell('point locked');
  }
}

export async function collect({ context, tell }: ProgramContext): Promise<void> {
  try {
    for await (const step of new StrataCollector(() => context).run()) tell(step.kind);
    tell('collected');
  } catch (error) {
    if (!hasErrorCode(error, 'COLLECTION_OVERTAKEN')) throw error;
    tell('overtaken');
  }
}

/** Moves what little is needed of the packs of an instance, as a session of its own. */
export async function repackOne(
  { context, prng, tell }: ProgramContext,
  instanceId: InstanceId,
): Promise<void> {
  const sessionId = context.random.uuid() as SessionId;
  const maxBytes = prng.integer(1, 4000);
  try {
    const { pointsMoved } = await repack(context, instanceId, sessionId, { maxBytes });
    tell(pointsMoved === 0 ? 'nothing to repack' : 'repacked');
  } catch (error) {
    // Points that are removed while they are looked at can lose their maps meanwhile.
    const isExpected = hasErrorCode(
      error,
      'RELOCATION_OVERTAKEN',
      'SESSION_FENCED',
      ...lostParentCodes,
    );
    if (!isExpected) throw error;
    tell(hasErrorCode(error, 'RELOCATION_OVERTAKEN') ? 'repack overtaken' : 'repack lost');
  }
}

/** A disk goes bad: a record that a point needs is not what was written any more. */
export async function damageOne({ repository, prng, tell }: ProgramContext): Promise<void> {
  const points = await repository.livePoints();
  const point = points[prng.integer(0, Math.max(0, points.length - 1))];
  if (point !== undefined && (await repository.damage(point))) tell('damaged');
}

/** Heals what is damaged of an instance, from its snapshots; sometimes they are another one's. */
export async function repairOne(
  { repository, context, prng, tell }: ProgramContext,
  instanceId: InstanceId,
): Promise<void> {
  if (repository.damaged.size === 0) return;
  const sessionId = context.random.uuid() as SessionId;
  const elsewhere: BlocksElsewhere = async function* ({ pointId, volumeId, blockIndex }) {
    await Promise.resolve();
    const number = simulatedVolumes.findIndex((each) => each.volumeId === volumeId);
    const volume = simulatedVolumes[number];
    if (volume === undefined) throw new Error('no such volume');
    if (prng.chance(0.3)) yield blockBytes(volume, blockIndex, 9);
    const content = repository.contents.get(pointId)?.[number]?.get(blockIndex);
    if (content !== undefined) yield blockBytes(volume, blockIndex, content);
  };
  try {
    const options = { suspects: repository.damaged, elsewhere };
    const outcome = await repair(context, instanceId, sessionId, options);
    const { blocksFromCopies, blocksFromElsewhere } = outcome;
    tell(blocksFromCopies + blocksFromElsewhere === 0 ? 'nothing to repair' : 'repaired');
  } catch (error) {
    const isExpected = hasErrorCode(
      error,
      'RELOCATION_OVERTAKEN',
      'SESSION_FENCED',
      ...lostParentCodes,
    );
    if (!isExpected) throw error;
    tell(hasErrorCode(error, 'RELOCATION_OVERTAKEN') ? 'repair overtaken' : 'repair lost');
  }
}

/** Draws a new master key: programs that have the repository open go on with the older ones, or end. */
export async function rotateKeys({ repository, context, tell }: ProgramContext): Promise<void> {
  const { objectStore, random } = context;
  const { clock } = repository;
  try {
    const options = { objectStore, random, clock, secret };
    const { afterwards } = await rotateMasterKey(options, cheapHardness, 'remove');
    if (afterwards !== null) throw afterwards.error;
    tell('rotated');
  } catch (error) {
    if (!hasErrorCode(error, 'KEY_CHANGE_OVERTAKEN')) throw error;
    tell('rotation overtaken');
  }
}

async function newestPoint(
  repository: SimulatedRepository,
  instanceId: InstanceId,
): Promise<MadePoint | null> {
  const points = await repository.livePoints();
  return points.findLast((point) => point.instanceId === instanceId) ?? null;
}

async function* pages<Item>(items: readonly Item[]): AsyncGenerator<readonly Item[]> {
  await Promise.resolve();
  yield items;
}
