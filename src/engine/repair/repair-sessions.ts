import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../domain/identifiers.ts';
import type { RepositorySessionEvent } from '../../domain/repository-session/repository-events.ts';
import type { Repairer } from '../../format/repairer.ts';
import type { Repository } from '../../format/repository.ts';
import { repositoryAggregate } from '../collection/repository-aggregate.ts';
import type { RepairForecast, RepairRequest, RunningRepositorySession } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { sessionStream, verificationsStream } from '../ledger/stream-names.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import type { SessionRunner } from '../session/session-runner.ts';
import { recordFindings } from '../verification/record-findings.ts';
import {
  verificationResults,
  verificationsAggregate,
} from '../verification/verification-results.ts';
import { lookForDamage, type RepairWork, withSources } from './repair-work.ts';
import { runRepair } from './run-repair.ts';

/** Begins sessions that heal what is damaged. The session is the writer of what it stores. */
export class RepairSessions {
  readonly #context: EngineContext;
  readonly #ledger: Ledger;
  readonly #directory: SessionDirectory;
  readonly #runner: SessionRunner;

  constructor(
    context: EngineContext,
    ledger: Ledger,
    directory: SessionDirectory,
    runner: SessionRunner,
  ) {
    this.#context = context;
    this.#ledger = ledger;
    this.#directory = directory;
    this.#runner = runner;
  }

  /** @throws as `Repairer.planRepair` */
  async plan(request: RepairRequest): Promise<RepairForecast> {
    const { instanceId, signal } = request;
    const work = await this.#workOf(request);
    const results = lookForDamage(work, signal);
    const nothing = (): Promise<void> => Promise.resolve();
    const found = await recordFindings(results, 'DamageFound', nothing, request.onProgress);
    const { looked, hurt, damagedObjects } = found;
    const points = { pointsChecked: looked.size, damagedPoints: [...hurt] };
    if (damagedObjects.size === 0) return { ...points, healable: null, unreadSnapshots: null };
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
    const { instanceId, signal: asked } = request;
    const { random, clock, engineId } = this.#context;
    const work = await this.#workOf(request);
    const sessionId = random.uuid() as SessionId;
    const repositoryId = work.repository.id;
    const listing = await this.#ledger.load(verificationsStream, verificationsAggregate);
    const listed = { type: 'VerificationListed', data: { sessionId } } as const;
    await this.#ledger.append(listing, [listed], sessionId, verificationsAggregate);
    const started: RepositorySessionEvent = {
      type: 'RepositorySessionStarted',
      data: {
        kind: 'repository',
        sessionId,
        repositoryId,
        work: 'repair',
        instanceId,
        engineId,
        startedAt: clock.now(),
      },
    };
    const fresh = await this.#ledger.load(sessionStream(sessionId), repositoryAggregate);
    const loaded = await this.#ledger.append(fresh, [started], started.type, repositoryAggregate);
    return this.#runner.run(sessionId, { repositoryId }, ({ onRecorded, closeSignal }) => {
      const signal = AbortSignal.any(asked === undefined ? [closeSignal] : [asked, closeSignal]);
      const parts = {
        engine: this.#context,
        ledger: this.#ledger,
        directory: this.#directory,
        onProgress: request.onProgress ?? (() => undefined),
      };
      return runRepair({ ...parts, work, signal, onRecorded }, loaded);
    });
  }

  async #workOf({ instanceId, depth }: RepairRequest): Promise<RepairWork> {
    const repository = await this.#context.repository();
    await requirePoints(repository, instanceId);
    const { damagedObjects: knownObjects } = await verificationResults(this.#ledger);
    return { repository, repairer: repairerOf(repository), instanceId, depth, knownObjects };
  }
}

/** Of a damaged one it is known that it is there. */
async function requirePoints(repository: Repository, instanceId: InstanceId): Promise<void> {
  try {
    const points = repository.listPoints(instanceId)[Symbol.asyncIterator]();
    const first = await points.next();
    await points.return?.();
    if (first.done !== true) return;
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    return;
  }
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
