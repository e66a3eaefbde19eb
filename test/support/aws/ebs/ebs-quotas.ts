import { AwsError } from '../aws-service.ts';
import { createTokenBuckets } from '../token-bucket.ts';

/** Requests a second that EBS direct takes of an account in a region, and for one snapshot. */
export interface EbsQuotas {
  readonly account: Readonly<Record<string, number>>;
  readonly snapshot: Readonly<Record<string, number>>;
}

/** As "Amazon EBS direct APIs quotas" has them for every account. */
export const ebsQuotas: EbsQuotas = {
  account: {
    GetSnapshotBlock: 1_000,
    PutSnapshotBlock: 1_000,
    ListSnapshotBlocks: 50,
    ListChangedBlocks: 50,
    StartSnapshot: 10,
    CompleteSnapshot: 10,
  },
  snapshot: { GetSnapshotBlock: 1_000, PutSnapshotBlock: 1_000 },
};

export const noEbsQuotas: EbsQuotas = { account: {}, snapshot: {} };

export interface EbsRequest {
  readonly operation: string;
  readonly region: string;
  readonly snapshotId: string;
}

/** How much of a second comes at once, where nothing was asked for before. */
const burstSeconds = 0.1;

/** @returns what refuses a request beyond the quotas: of the account in one way, of a snapshot in another */
export function createEbsAdmission(
  { account, snapshot }: EbsQuotas,
  now: () => number,
): (request: EbsRequest) => void {
  const take = createTokenBuckets(now);
  const isWithin = (key: string, perSecond: number | undefined): boolean =>
    perSecond === undefined ||
    take(key, { perSecond, most: Math.max(1, perSecond * burstSeconds) });
  return ({ operation, region, snapshotId }) => {
    if (!isWithin(`${operation} ${region}`, account[operation])) {
      throw new AwsError('ThrottlingException', 400, 'too many requests', 'ACCOUNT_THROTTLED');
    }
    if (!isWithin(`${operation} ${region} ${snapshotId}`, snapshot[operation])) {
      const text = 'too many requests for this snapshot';
      throw new AwsError('RequestThrottledException', 400, text, 'RESOURCE_LEVEL_THROTTLE');
    }
  };
}
