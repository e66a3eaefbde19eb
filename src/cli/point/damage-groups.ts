import type { VerifyFinding } from '../../index.ts';

/** Ranges of one group that are kept, and causes of one volume; more of them nobody reads. */
const limits = { rangesMax: 10, causesMax: 100 } as const;

/** What one cause hurts in one volume of one point. */
export interface DamageGroup {
  /** The first of them: place, object and reason are those of all, but for its blocks and bytes. */
  readonly finding: VerifyFinding;
  readonly findings: number;
  /** Blocks side by side as one; only the first of them. */
  readonly ranges: readonly BlockRange[];
  /** Blocks that are hurt and in none of the ranges. */
  readonly blocksBeyond: number;
}

export interface BlockRange {
  readonly firstBlock: number;
  readonly blockCount: number;
}

/**
 * The findings of each volume of a point by their causes, in the order of the first of each. Also those
 * that came before an error are given, and then the error.
 */
export async function* damageGroups(
  findings: AsyncIterable<VerifyFinding>,
): AsyncGenerator<DamageGroup> {
  let place = '';
  let groups = new Map<string, DamageGroup>();
  const taken = (): readonly DamageGroup[] => {
    const all = [...groups.values()];
    groups = new Map();
    return all;
  };
  try {
    for await (const finding of findings) {
      const cause = `${finding.objectKey} ${finding.reason}`;
      const ofPlace = `${finding.pointId} ${finding.volumeId ?? ''}`;
      const isFull = groups.size >= limits.causesMax && !groups.has(cause);
      if (ofPlace !== place || isFull) yield* taken();
      place = ofPlace;
      groups.set(cause, withFinding(groups.get(cause), finding));
    }
  } catch (error) {
    yield* taken();
    throw error;
  }
  yield* taken();
}

function withFinding(group: DamageGroup | undefined, finding: VerifyFinding): DamageGroup {
  const { firstBlock, blockCount } = finding;
  const one = { firstBlock, blockCount };
  if (group === undefined) return { finding, findings: 1, ranges: [one], blocksBeyond: 0 };
  const { ranges, blocksBeyond } = group;
  const counted = { ...group, findings: group.findings + 1 };
  const last = ranges.at(-1);
  if (
    last !== undefined &&
    last.firstBlock + last.blockCount === firstBlock &&
    blocksBeyond === 0
  ) {
    const joined = { ...last, blockCount: last.blockCount + blockCount };
    return { ...counted, ranges: [...ranges.slice(0, -1), joined] };
  }
  return ranges.length < limits.rangesMax
    ? { ...counted, ranges: [...ranges, one] }
    : { ...counted, blocksBeyond: blocksBeyond + blockCount };
}
