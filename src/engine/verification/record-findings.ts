import type { PointId } from '../../domain/identifiers.ts';
import type { DamageFound, DamageLeft } from '../../domain/repository-session/repository-events.ts';
import type { VerifyCoverage, VerifyFinding, VerifyProgress } from '../../format/verification.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { RecordEvent } from '../repository-session/repository-sessions.ts';
import type { LostPoint } from './lost-point.ts';

const limits = {
  /** Keys in one event: some 35 KB. */
  keysPerEventMax: 500,
  /** Findings with an event of their own; after them only the first of each point. */
  findingsMax: 1000,
} as const;

/** What a look at the repository has found. */
export interface FoundDamage {
  readonly findings: number;
  /** Points that are looked at, and those of them that are damaged. */
  readonly looked: ReadonlySet<PointId>;
  readonly hurt: ReadonlySet<PointId>;
  readonly damagedObjects: ReadonlySet<string>;
  readonly lost: readonly LostPoint[];
  readonly coverage: VerifyCoverage | null;
}

/** Records what a verification tells, as it tells it. */
export async function recordFindings(
  results: AsyncIterable<VerifyFinding | VerifyProgress | VerifyCoverage>,
  type: (DamageFound | DamageLeft)['type'],
  record: RecordEvent,
  onProgress: (progress: VerifyProgress) => void = () => undefined,
): Promise<FoundDamage> {
  let findings = 0;
  let coverage: VerifyCoverage | null = null;
  const looked = new Set<PointId>();
  const hurt = new Set<PointId>();
  const damagedObjects = new Set<string>();
  const lost: LostPoint[] = [];
  for await (const result of results) {
    switch (result.kind) {
      case 'coverage':
        coverage = result;
        break;
      case 'progress':
        looked.add(result.pointId);
        onProgress(result);
        break;
      case 'finding': {
        findings += 1;
        const { pointId, volumeId, device, objectKey, firstBlock, blockCount, reason } = result;
        const data = { pointId, volumeId, device, objectKey, firstBlock, blockCount, reason };
        if (findings <= limits.findingsMax || !hurt.has(pointId)) await record({ type, data });
        hurt.add(pointId);
        damagedObjects.add(objectKey);
        if (volumeId === null) lost.push({ pointId, objectKey });
        break;
      }
    }
  }
  return { findings, looked, hurt, damagedObjects, lost, coverage };
}

/** Records which objects were read whole. */
export async function recordCoverage(
  { soundObjects, damagedObjects }: VerifyCoverage,
  { clock }: Pick<EngineContext, 'clock'>,
  record: RecordEvent,
): Promise<void> {
  const verifiedAt = clock.now();
  const rounds = inRounds(soundObjects, damagedObjects);
  for (const [sound, damaged] of rounds) {
    await record({ type: 'ObjectsVerified', data: { sound, damaged, verifiedAt } });
  }
}

/** Two lists, a part of each at a time. */
export function* inRounds<Item>(
  one: readonly Item[],
  other: readonly Item[],
): Generator<readonly [readonly Item[], readonly Item[]]> {
  const { keysPerEventMax } = limits;
  const count = Math.max(one.length, other.length);
  for (let first = 0; first < count; first += keysPerEventMax) {
    const part = [first, first + keysPerEventMax] as const;
    yield [one.slice(...part), other.slice(...part)];
  }
}
