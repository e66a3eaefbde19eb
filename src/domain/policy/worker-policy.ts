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

/** Of the vault, for what no policy says anything else of. */
export const usualMachine: WorkerMachine = { instanceType: null, market: 'on-demand' };

/** What every worker was before policies said anything of it. */
export const usualWorkers: WorkerPolicy = { types: [], market: 'on-demand' };

/**
 * Every machine that sessions of a policy may ask for: of each row of its table, and that of the vault, which is
 * for what no row is large enough; the first of a session, and those that follow it.
 */
export function machinesOf({ types, market }: WorkerPolicy): readonly WorkerMachine[] {
  const instanceTypes = [...types.map(({ instanceType }) => instanceType), null];
  const markets = market === 'spot' ? (['spot', 'on-demand'] as const) : ([market] as const);
  return [...new Set(instanceTypes)].flatMap((instanceType) =>
    markets.map((one) => ({ instanceType, market: one })),
  );
}

const bytesPerGib = 1024 ** 3;

/** The type of the smallest row that is large enough; null: the type that the vault names. */
export function workerTypeFor(types: readonly WorkerType[], sizeBytes: number): string | null {
  const fitting = types.filter(({ upToGib }) => upToGib * bytesPerGib >= sizeBytes);
  const [smallest] = fitting.toSorted((a, b) => a.upToGib - b.upToGib);
  return smallest?.instanceType ?? null;
}
