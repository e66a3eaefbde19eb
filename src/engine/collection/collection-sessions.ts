import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { RepositorySessionEvent } from '../../domain/repository-session/repository-events.ts';
import type { RepositoryWork } from '../../domain/repository-session/repository-work.ts';
import type { StartedRepositorySession } from '../../domain/repository-session/repository-session.ts';
import type { Collector } from '../../format/collection.ts';
import type { Repository } from '../../format/repository.ts';
import type { CollectionForecast, CollectionRequest, RunningRepositorySession } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { sessionStream } from '../ledger/stream-names.ts';
import type { PointRecords } from '../point/missing-points.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import type { RepositorySessions } from '../repository-session/repository-sessions.ts';
import { knownWriters } from './known-writers.ts';
import { repositoryAggregate } from '../repository-session/repository-aggregate.ts';
import { refuseWithMissing } from './refuse-with-missing.ts';
import { runCollection } from './run-collection.ts';

const abandoned: Readonly<Record<RepositoryWork, string>> = {
  collection: 'the engine at work has died; the next collection goes on with it',
  verification: 'the engine at work has died; the next verification goes on with it',
  repacking:
    'the engine at work has died; what it had not moved for good a collection removes, and another ' +
    'repacking moves',
  repair:
    'the engine at work has died; what it had not healed for good is as it was, and another repair ' +
    'heals it',
  merging: 'the engine at work has died; the next merge goes on with it',
};

/** Begins collections, and ends those whose engine died. */
export class CollectionSessions {
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

  /** @throws COLLECTION_BLOCKED, INVALID_ARGUMENT when the format has nothing to collect */
  async plan(signal: AbortSignal | undefined): Promise<CollectionForecast> {
    const { repository, collector } = await this.#open();
    await refuseWithMissing(this.#records, repository);
    const { openWriters, ...data } = await collector.plan(signal === undefined ? {} : { signal });
    return { ...data, writers: await knownWriters(this.#directory, openWriters) };
  }

  /** @throws INVALID_ARGUMENT when the format has nothing to collect */
  async start({ fence = [], signal }: CollectionRequest): Promise<RunningRepositorySession> {
    const { repository, collector } = await this.#open();
    const records = this.#records;
    const parts = { records, directory: this.#directory, repository, collector, fence };
    return await this.#sessions.start({
      ...{ sessionId: this.#sessions.newId(), work: 'collection', repository, instanceId: null },
      records: 'in-its-own-stream',
      signal,
      perform: (session) => runCollection(parts, session),
    });
  }

  /** Records the end of one whose engine died: whoever collects next goes on with its work. */
  async endInterrupted({
    sessionId,
    engineId,
  }: Pick<StartedRepositorySession, 'sessionId' | 'engineId'>): Promise<void> {
    if (await this.#context.presence.isPresent(engineId)) return;
    const loaded = await this.#ledger.load(sessionStream(sessionId), repositoryAggregate);
    // Its engine may have ended it, and left, since it was looked at.
    if (loaded.state.status !== 'running') return;
    const problem = { code: 'INTERRUPTED', message: abandoned[loaded.state.work] } as const;
    const event: RepositorySessionEvent = {
      type: 'RepositorySessionFailed',
      data: { problem, endedAt: this.#context.clock.now() },
    };
    await this.#ledger.append(loaded, [event], event.type, repositoryAggregate);
  }

  async #open(): Promise<{ readonly repository: Repository; readonly collector: Collector }> {
    const repository = await this.#context.repository();
    const { collector, format } = repository;
    if (collector !== null) return { repository, collector };
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `in the format "${format.name}" there is nothing to collect`,
      { remedy: 'A point that is removed frees what it held by itself.' },
    );
  }
}
