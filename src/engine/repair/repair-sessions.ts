import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import { nothingDamaged } from '../../format/nothing-damaged.ts';
import type { Repairer } from '../../format/repairer.ts';
import type { Repository } from '../../format/repository.ts';
import type { RepairForecast, RepairRequest, RunningRepositorySession } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { missingPoints, type PointRecords } from '../point/missing-points.ts';
import type { RepositorySessions } from '../repository-session/repository-sessions.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import { recordFindings } from '../verification/record-findings.ts';
import { listVerification, verificationResults } from '../verification/verification-results.ts';
import { lookForDamage, type RepairWork, withSources } from './repair-work.ts';
import { runRepair } from './run-repair.ts';

/** Begins sessions that heal what is damaged. The session is the writer of what it stores. */
export class RepairSessions {
  readonly #context: EngineContext;
  readonly #ledger: Ledger;
  readonly #records: PointRecords;
  readonly #directory: SessionDirectory;
  readonly #sessions: RepositorySessions;

  constructor(
    context: EngineContext,
    records: PointRecords,
    directory: SessionDirectory,
    sessions: RepositorySessions,
  ) {
    this.#context = context;
    this.#ledger = records.ledger;
    this.#records = records;
    this.#directory = directory;
    this.#sessions = sessions;
  }

  /** @throws as `Repairer.planRepair` */
  async plan(request: RepairRequest): Promise<RepairForecast> {
    const { instanceId, signal } = request;
    const work = await this.#workOf(request);
    const results = lookForDamage(work, signal);
    const nothing = (): Promise<void> => Promise.resolve();
    const found = await recordFindings(results, 'DamageFound', nothing, request.onProgress);
    const { looked, hurt, damagedObjects, lost } = found;
    const points = { pointsChecked: looked.size, damagedPoints: [...hurt], lostPoints: lost };
    if (damagedObjects.size === 0) return { ...points, healable: null, unreadSnapshots: null };
    if (looked.size === 0) return { ...points, healable: nothingDamaged, unreadSnapshots: null };
    const { result, unread } = await withSources(this.#context, work, (elsewhere) =>
      work.repairer.planRepair(instanceId, {
        suspects: damagedObjects,
        elsewhere,
        ...(signal === undefined ? {} : { signal }),
      }),
    );
    return { ...points, healable: result, unreadSnapshots: unread };
  }

  /** @throws INVALID_ARGUMENT; REVISION_CONFLICT when another verification begins at the same moment */
  async start(request: RepairRequest): Promise<RunningRepositorySession> {
    const { instanceId, signal, onProgress = () => undefined } = request;
    const work = await this.#workOf(request);
    const sessionId = this.#sessions.newId();
    await listVerification(this.#ledger, sessionId);
    const run = { engine: this.#context, directory: this.#directory, work, onProgress };
    return await this.#sessions.start({
      ...{ sessionId, work: 'repair', repository: work.repository, instanceId, signal },
      records: 'in-its-own-stream',
      perform: (session) => runRepair(run, session),
    });
  }

  async #workOf({ instanceId, depth }: RepairRequest): Promise<RepairWork> {
    const repository = await this.#context.repository();
    await requirePoints(this.#records, repository, instanceId);
    const { damagedObjects: knownObjects } = await verificationResults(this.#ledger);
    const repairer = repairerOf(repository);
    return { records: this.#records, repository, repairer, instanceId, depth, knownObjects };
  }
}

/** Of a damaged one it is known that it is there, and of a missing one that it should be. */
async function requirePoints(
  records: PointRecords,
  repository: Repository,
  instanceId: InstanceId,
): Promise<void> {
  try {
    const points = repository.listPoints(instanceId)[Symbol.asyncIterator]();
    const first = await points.next();
    await points.return?.();
    if (first.done !== true) return;
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    return;
  }
  const missing = await missingPoints(records, repository, new Set(), { instanceId });
  if (missing.length > 0) return;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `the repository has no restore points of an instance '${instanceId}'`,
    { remedy: "'snapledger points' lists the points with their instances." },
  );
}

function repairerOf({ repairer, format }: Repository): Repairer {
  if (repairer !== null) return repairer;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `the format "${format.name}" keeps nothing from which damage could be healed`,
    { remedy: "'snapledger backup INSTANCE --full' makes a point that needs nothing damaged." },
  );
}
