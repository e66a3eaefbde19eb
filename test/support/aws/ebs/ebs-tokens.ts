const pageTokenLifeMs = 60 * 60 * 1000;
const blockTokenLifeMs = 7 * 24 * 60 * 60 * 1000;

/** The tokens that a fake of EBS direct gives out. */
export interface EbsTokens {
  forPage(snapshotId: string, firstBlock: number): string;
  forBlock(snapshotId: string, block: number): string;
  /** Null for a token that was not given out for this snapshot, or has expired. */
  startOfPage(token: string, snapshotId: string): number | null;
  isForBlock(token: string, snapshotId: string, block: number): boolean;
  expireAll(kind: 'page' | 'block'): void;
}

export function createEbsTokens(now: () => number): EbsTokens {
  const generations = { page: 0, block: 0 };
  const make = (kind: 'page' | 'block', snapshotId: string, block: number): string =>
    Buffer.from([kind, generations[kind], now(), snapshotId, block].join(' ')).toString('base64');
  const read = (kind: 'page' | 'block', token: string, lifeMs: number) => {
    const [itsKind, generation, givenMs, snapshotId, block] = Buffer.from(token, 'base64')
      .toString()
      .split(' ');
    const isGood =
      itsKind === kind &&
      Number(generation) === generations[kind] &&
      now() - Number(givenMs) < lifeMs;
    return isGood ? { snapshotId, block: Number(block) } : null;
  };
  return {
    forPage: (snapshotId, firstBlock) => make('page', snapshotId, firstBlock),
    forBlock: (snapshotId, block) => make('block', snapshotId, block),
    startOfPage: (token, snapshotId) => {
      const found = read('page', token, pageTokenLifeMs);
      return found?.snapshotId === snapshotId ? found.block : null;
    },
    isForBlock: (token, snapshotId, block) => {
      const found = read('block', token, blockTokenLifeMs);
      return found?.snapshotId === snapshotId && found.block === block;
    },
    expireAll: (kind) => {
      generations[kind] += 1;
    },
  };
}
