import type { TimestampMs, WorkerId } from '../../../../src/domain/identifiers.ts';
import type {
  WorkerDescription,
  WorkerRequest,
  Workers,
} from '../../../../src/ports/cloud/workers.ts';

/** A worker as the cloud has it; `stop` ends its process at once. */
export interface SimulatedWorker {
  readonly workerId: WorkerId;
  readonly request: WorkerRequest;
  readonly runsAt: number;
  readonly stop: () => void;
  endedAs: string | null;
}

export interface SimulatedWorkersOptions {
  readonly now: () => TimestampMs;
  /** From the launch until the program runs. */
  readonly bootMs: () => number;
  /**
   * Starts the worker's program, which calls `ended` when it is over; gives what stops it.
   */
  readonly start: (worker: {
    readonly workerId: WorkerId;
    readonly request: WorkerRequest;
    readonly bootMs: number;
    readonly ended: (how: string) => void;
  }) => () => void;
  readonly onLaunched?: (worker: SimulatedWorker) => void;
}

/** The worker instances of the simulated cloud. */
export class SimulatedWorkers {
  readonly #options: SimulatedWorkersOptions;
  readonly #workers = new Map<WorkerId, SimulatedWorker>();

  constructor(options: SimulatedWorkersOptions) {
    this.#options = options;
  }

  get everLaunched(): readonly SimulatedWorker[] {
    return [...this.#workers.values()];
  }

  get running(): readonly SimulatedWorker[] {
    return this.everLaunched.filter(({ endedAs }) => endedAs === null);
  }

  isRunning(workerId: WorkerId): boolean {
    return this.#workers.get(workerId)?.endedAs === null;
  }

  /** Whether the token of this request has launched a worker. */
  hasLaunched(request: WorkerRequest): boolean {
    return this.#ofToken(request) !== undefined;
  }

  /* eslint-disable @typescript-eslint/require-await -- the port is asynchronous */
  port(): Workers {
    return {
      // A token is remembered for longer than its worker lives, as EC2 does: asked again after
      // the worker has ended, it gives that ended worker.
      launch: async (request) => this.#describe(this.#ofToken(request) ?? this.#launch(request)),
      describe: async (workerId) => {
        const worker = this.#workers.get(workerId);
        return worker === undefined ? null : this.#describe(worker);
      },
      find: async ({ sessionId }) =>
        this.everLaunched
          .filter(({ request }) => request.owner.sessionId === sessionId)
          .map((worker) => this.#describe(worker)),
      terminate: async (workerId) => {
        const worker = this.#workers.get(workerId);
        if (worker?.endedAs !== null) return;
        worker.endedAs = 'terminated';
        worker.stop();
      },
    };
  }
  /* eslint-enable @typescript-eslint/require-await */

  #ofToken({ clientToken }: WorkerRequest): SimulatedWorker | undefined {
    return this.everLaunched.find(({ request }) => request.clientToken === clientToken);
  }

  #launch(request: WorkerRequest): SimulatedWorker {
    const workerId = `worker-${this.#workers.size + 1}` as WorkerId;
    const bootMs = this.#options.bootMs();
    const ended = (how: string): void => {
      worker.endedAs ??= how;
    };
    const worker: SimulatedWorker = {
      workerId,
      request,
      runsAt: this.#options.now() + bootMs,
      stop: this.#options.start({ workerId, request, bootMs, ended }),
      endedAs: null,
    };
    this.#workers.set(workerId, worker);
    this.#options.onLaunched?.(worker);
    return worker;
  }

  #describe({ workerId, request, runsAt, endedAs }: SimulatedWorker): WorkerDescription {
    const alive = this.#options.now() >= runsAt ? 'running' : 'starting';
    return {
      workerId,
      owner: request.owner,
      state: endedAs === null ? alive : 'gone',
      stateMessage: endedAs ?? '',
    };
  }
}
