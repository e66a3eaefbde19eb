import { Option } from 'commander';
import type { S3Lock, S3RepositoryChoice } from '../../index.ts';
import type { CliContext } from '../cli-context.ts';
import { usageError } from '../usage-error.ts';

/** The options of a command that say where in S3 a repository is. */
export interface S3Options {
  readonly s3Endpoint?: string;
  readonly s3Region?: string;
  readonly lock?: number;
  readonly lockLedger?: number;
  readonly lockMode?: 'compliance' | 'governance';
}

/** Of `init` and `recover`. */
export function lockModeOption(): Option {
  return new Option(
    '--lock-mode <mode>',
    'compliance (default): nobody can lift a lock; governance: who has a permission of its own can',
  ).choices(['compliance', 'governance']);
}

/** What stores other than AWS call their region when they have none. */
const regionElsewhere = 'us-east-1';

/** True for a location in S3; everything else is a folder. */
export function isS3Url(repository: string): boolean {
  return repository.startsWith('s3://');
}

/**
 * A repository in S3. The region comes from the option, or is that of the cloud, or comes, as for
 * every program that uses AWS, from the environment.
 *
 * @throws INVALID_ARGUMENT when no region is said
 */
export function s3RepositoryChoice(
  { env }: CliContext,
  url: string,
  { s3Endpoint: endpoint, s3Region, ...lockOptions }: S3Options,
  cloudRegion?: string,
): S3RepositoryChoice {
  const region = s3Region ?? cloudRegion ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  const lock = lockChoice(lockOptions);
  if (endpoint !== undefined) return { url, endpoint, region: region ?? regionElsewhere, ...lock };
  if (region !== undefined) return { url, region, ...lock };
  throw usageError(
    'nothing says in which region the bucket is',
    "give it with '--s3-region', or set AWS_REGION",
  );
}

/**
 * Refuses options about S3 for a repository that is not there.
 *
 * @throws INVALID_ARGUMENT
 */
export function refuseS3Options(options: S3Options): void {
  const { s3Endpoint, s3Region, lock, lockLedger, lockMode } = options;
  if (lock !== undefined || lockLedger !== undefined || lockMode !== undefined) {
    throw usageError(
      'nothing in a folder can be kept from being removed: who may write there may remove',
      "keep the repository in a bucket with Object Lock, '--repository s3://bucket/prefix', or leave '--lock' out",
    );
  }
  if (s3Endpoint === undefined && s3Region === undefined) return;
  throw usageError(
    'options for S3 are given, but no repository in S3',
    "give its place with '--repository s3://bucket/prefix', or leave them out",
  );
}

function lockChoice({ lock, lockLedger, lockMode }: S3Options): S3Lock {
  if (lockMode !== undefined && lock === undefined && lockLedger === undefined) {
    throw usageError(
      "'--lock-mode' says how something is locked, and nothing is",
      "give '--lock' or '--lock-ledger', or leave it out",
    );
  }
  return {
    ...(lock === undefined ? {} : { lockDays: lock }),
    ...(lockLedger === undefined ? {} : { ledgerLockDays: lockLedger }),
    ...(lockMode === 'governance' ? { lockMode } : {}),
  };
}
