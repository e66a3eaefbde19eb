/** Which worker instances read for an instance; a cloud without types and prices does not look at it. */
export interface WorkerPolicy {
  /** By size, in any order; empty, or none that is large enough: the type that the vault names. */
  readonly types: readonly WorkerType[];
  readonly market: WorkerMarket;
}

export interface WorkerType {
  /** For instances whose backed up volumes have so many GiB at most, all together. */
  readonly upToGib: number;
  readonly instanceType: string;
}

/**
 * `spot`: the first worker of a session is a spot instance. When there is none to be had now, or when it
 * was lost, those that follow are on demand: a session is not to fail because capacity is short.
 */
export type WorkerMarket = 'on-demand' | 'spot';

/** What is launched for a session. */
export interface WorkerMachine {
  /** Null: the type that the vault names. */
  readonly instanceType: string | null;
  readonly market: WorkerMarket;
}

/** What every worker was before policies said anything of it. */
export const usualWorkers: WorkerPolicy = { types: [], market: 'on-demand' };

const bytesPerGib = 1024 ** 3;

/** The type of the smallest row that is large enough; null: the type that the vault names. */
export function workerTypeFor(types: readonly WorkerType[], sizeBytes: number): string | null {
  const fitting = types.filter(({ upToGib }) => upToGib * bytesPerGib >= sizeBytes);
  const [smallest] = fitting.toSorted((a, b) => a.upToGib - b.upToGib);
  return smallest?.instanceType ?? null;
}
