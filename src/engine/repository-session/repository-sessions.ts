import type { InstanceId, SessionId } from '../../domain/identifiers.ts';
import type { RepositorySessionEvent } from '../../domain/repository-session/repository-events.ts';
import type { RepositoryWork } from '../../domain/repository-session/repository-work.ts';
import type { Repository } from '../../format/repository.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { sessionStream } from '../ledger/stream-names.ts';
import type { RunningRepositorySession } from '../running-session.ts';
import type { SessionRunner } from '../session/session-runner.ts';
import { repositoryAggregate } from './repository-aggregate.ts';
import { unfinishedWork } from './unfinished-work.ts';

/** Records an event of the session. */
export type RecordEvent = (event: RepositorySessionEvent) => Promise<void>;

/** What work is told that has a session. */
export interface RepositoryWorkSession {
  readonly sessionId: SessionId;
  /** Aborts when somebody wants it to end, or when the engine closes. */
  readonly signal: AbortSignal;
  readonly record: RecordEvent;
}

/** Work on a repository that is to have a session. */
export interface RepositoryWorkToDo {
  readonly sessionId: SessionId;
  readonly work: RepositoryWork;
  readonly repository: Pick<Repository, 'id'>;
  /** Whose restore points it is for; null: those of all. */
  readonly instanceId: InstanceId | null;
  /** Whether it records in the stream of the instance too, which is then sealed with its own. */
  readonly records: 'in-its-own-stream' | 'of-the-instance-too';
  readonly signal: AbortSignal | undefined;
  /** When it throws the session has failed, or was cancelled if its signal is aborted; else it is completed. */
  readonly perform: (session: RepositoryWorkSession) => Promise<void>;
}

/**
 * Lets work on the repository run in sessions. One whose engine died is ended by whoever does such work
 * next: it is begun anew by another session, and is not resumed.
 */
export class RepositorySessions {
  readonly #context: EngineContext;
  readonly #ledger: Ledger;
  readonly #runner: SessionRunner;

  constructor(context: EngineContext, ledger: Ledger, runner: SessionRunner) {
    this.#context = context;
    this.#ledger = ledger;
    this.#runner = runner;
  }

  /** An id for a session that has not begun. */
  newId(): SessionId {
    return this.#context.random.uuid() as SessionId;
  }

  /** Resolves when the session has begun. */
  async start(todo: RepositoryWorkToDo): Promise<RunningRepositorySession> {
    const { clock, engineId } = this.#context;
    const { sessionId, work, instanceId, signal: asked } = todo;
    const repositoryId = todo.repository.id;
    const started: RepositorySessionEvent = {
      type: 'RepositorySessionStarted',
      data: {
        ...{ kind: 'repository', sessionId, repositoryId, work, instanceId, engineId },
        startedAt: clock.now(),
      },
    };
    const fresh = await this.#ledger.load(sessionStream(sessionId), repositoryAggregate);
    let current = await this.#ledger.append(fresh, [started], started.type, repositoryAggregate);
    const isOfInstance = todo.records === 'of-the-instance-too' && instanceId !== null;
    const subject = isOfInstance ? { repositoryId, instanceId } : { repositoryId };
    return this.#runner.run(sessionId, subject, async ({ onRecorded, closeSignal }) => {
      const signal = AbortSignal.any(asked === undefined ? [closeSignal] : [asked, closeSignal]);
      let recorded = 0;
      const record: RecordEvent = async (event) => {
        recorded += 1;
        const commandId = `${event.type}-${recorded}`;
        current = await this.#ledger.append(current, [event], commandId, repositoryAggregate);
        onRecorded();
      };
      try {
        await todo.perform({ sessionId, signal, record });
        await record({ type: 'RepositorySessionCompleted', data: { endedAt: clock.now() } });
      } catch (error) {
        await record(unfinishedWork(error, signal, this.#context));
      }
    });
  }
}
