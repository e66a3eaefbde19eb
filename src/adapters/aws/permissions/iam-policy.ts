import type { AwsCall, AwsCaller, Ec2ResourceType } from './aws-calls.ts';
import { accountIdOf } from '../../../domain/policy/account-role.ts';
import { keyActions } from './account-trust.ts';
import { tagNamePrefix } from '../tags/tag-name.ts';

/** A policy of IAM, in the words of IAM. */
export interface IamPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly IamStatement[];
}

export interface IamStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<
    Record<string, Readonly<Record<string, string | readonly string[]>>>
  >;
}

export interface IamPolicyPlaces {
  /** The name of the tag that marks the resources of the repository: `tagMarkOf`. */
  readonly mark: string;
  /** Where the repository is; null when it is not in S3. */
  readonly repository: RepositoryPlace | null;
  /** The role of the workers, which the engine hands to them; null when they have none. */
  readonly workerRoleArn: string | null;
  /** The roles of other accounts that are copied to. */
  readonly accountRoleArns: readonly string[];
  /** Keys of KMS that a role of another account uses: those of the sources, and of the copies. */
  readonly keyArns: readonly string[];
}

export interface RepositoryPlace {
  readonly bucket: string;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
  /** For how many days the engine puts what it seals of the ledger under Object Lock; null: it does not. */
  readonly ledgerLockDays: number | null;
  /** The same of restore points and all that they need. */
  readonly lockDays: number | null;
}

/** The least that a caller needs: the calls that it makes, on nothing but what they are meant for. */
export function iamPolicyOf(
  caller: AwsCaller,
  calls: readonly AwsCall[],
  places: IamPolicyPlaces,
): IamPolicy {
  const { workerRoleArn, repository, keyArns } = places;
  const arePointsLocked = (repository?.lockDays ?? null) !== null;
  const own = calls.filter(
    ({ callers, where }) => callers.includes(caller) && (where === undefined || arePointsLocked),
  );
  const statements = own.flatMap((call) => statementsOf(call, places));
  const isLaunching = own.some(({ command }) => command === 'RunInstances');
  return {
    Version: '2012-10-17',
    Statement: [
      ...merged(statements),
      ...(isLaunching ? [tagOnCreation(own)] : []),
      ...(caller === 'engine' && repository !== null && !arePointsLocked
        ? lockLedger(repository)
        : []),
      ...(caller === 'engine' && workerRoleArn !== null ? [passWorkerRole(workerRoleArn)] : []),
      ...(caller === 'account' && keyArns.length > 0 ? useKeys(keyArns) : []),
    ],
  };
}

function statementsOf(
  { command, action, scope }: AwsCall,
  places: IamPolicyPlaces,
): readonly IamStatement[] {
  const statement = (
    resources: readonly string[],
    rest: Pick<IamStatement, 'Condition'> & { readonly suffix?: string } = {},
  ): IamStatement => {
    const { suffix = '', ...condition } = rest;
    return {
      Sid: `${command}${suffix}`,
      Effect: 'Allow',
      Action: [action],
      Resource: resources,
      ...condition,
    };
  };
  switch (scope.kind) {
    case 'everything':
      return [statement(['*'])];
    case 'unmarked':
      return [statement(scope.resources.map(arnOf))];
    case 'own-tags':
      return [
        statement(scope.resources.map(arnOf), {
          Condition: {
            'ForAllValues:StringLike': { 'aws:TagKeys': [`${tagNamePrefix}*`] },
            // "All of none" would pass, too.
            Null: {
              'aws:TagKeys': 'false',
              ...(scope.of === 'marked' ? { [`aws:ResourceTag/${places.mark}`]: 'false' } : {}),
            },
          },
        }),
      ];
    case 'marked':
      return [
        statement(scope.resources.map(arnOf), {
          // Null means "is not there": what carries the mark passes.
          Condition: { Null: { [`aws:ResourceTag/${places.mark}`]: 'false' } },
        }),
      ];
    case 'made':
      return [
        statement(scope.makes.map(arnOf), {
          Condition: { 'ForAnyValue:StringLike': { 'aws:TagKeys': [`${tagNamePrefix}*`] } },
        }),
        ...(scope.uses.length === 0 ? [] : [statement(scope.uses.map(arnOf), { suffix: 'Uses' })]),
      ];
    case 'roles':
      return places.accountRoleArns.length === 0 ? [] : [statement(places.accountRoleArns)];
    case 'readers': {
      const accountIds = [...new Set(places.accountRoleArns.map(accountOf))];
      if (accountIds.length === 0) return [];
      return [
        statement([arnOf('snapshot')], {
          Condition: {
            StringEqualsIfExists: { 'ec2:Add/userId': accountIds },
            // Nobody may make them everybody's.
            Null: { [`aws:ResourceTag/${places.mark}`]: 'false', 'ec2:Add/group': 'true' },
          },
        }),
      ];
    }
    case 'bucket': {
      if (places.repository === null) return [];
      const { bucket, prefix } = places.repository;
      return [
        statement([`arn:aws:s3:::${bucket}`], {
          Condition: { StringLike: { 's3:prefix': [`${prefix}*`] } },
        }),
      ];
    }
    case 'objects': {
      if (places.repository === null) return [];
      const { bucket, prefix } = places.repository;
      return [
        statement(
          scope.under.map((under) => `arn:aws:s3:::${bucket}/${prefix}${under}*`),
          conditionOf(scope.may, places.repository),
        ),
      ];
    }
  }
}

/** Tags on creation need a permission of their own, which is good for nothing else so. */
function tagOnCreation(calls: readonly AwsCall[]): IamStatement {
  const making = calls.filter(({ scope }) => scope.kind === 'made');
  const makes = making.flatMap(({ scope }) => (scope.kind === 'made' ? scope.makes : []));
  return {
    Sid: 'TagOnCreation',
    Effect: 'Allow',
    Action: ['ec2:CreateTags'],
    Resource: [...new Set(makes)].map(arnOf),
    Condition: { StringEquals: { 'ec2:CreateAction': making.map(({ command }) => command) } },
  };
}

/** Locks end with a generation of ten days; and a day for what is under way. */
const longerDays = 11;

function conditionOf(
  may: 'anything' | 'create' | 'lock',
  place: RepositoryPlace,
): Pick<IamStatement, 'Condition'> {
  switch (may) {
    case 'anything':
      return {};
    case 'create':
      // Without the header `If-None-Match` a PutObject would overwrite what is there.
      return { Condition: { Null: { 's3:if-none-match': 'false' } } };
    case 'lock':
      return { Condition: lockLimit(place) };
  }
}

/** So that neither a wrong clock nor a thief can have anything kept, and paid for, for a hundred years. */
function lockLimit({
  ledgerLockDays,
  lockDays,
}: RepositoryPlace): Required<IamStatement>['Condition'] {
  const days = Math.max(ledgerLockDays ?? 0, (lockDays ?? 0) + longerDays);
  return { NumericLessThanEquals: { 's3:object-lock-remaining-retention-days': String(days) } };
}

/** S3 asks for it when a PutObject puts what it makes under Object Lock. */
function lockLedger(place: RepositoryPlace): readonly IamStatement[] {
  const { bucket, prefix, ledgerLockDays } = place;
  if (ledgerLockDays === null) return [];
  return [
    {
      Sid: 'LockLedger',
      Effect: 'Allow',
      Action: ['s3:PutObjectRetention'],
      // Of the trial that is made with the vault, too.
      Resource: [
        `arn:aws:s3:::${bucket}/${prefix}ledger/*`,
        `arn:aws:s3:::${bucket}/${prefix}control/*`,
      ],
      Condition: lockLimit(place),
    },
  ];
}

function passWorkerRole(workerRoleArn: string): IamStatement {
  return {
    Sid: 'PassWorkerRole',
    Effect: 'Allow',
    Action: ['iam:PassRole'],
    Resource: [workerRoleArn],
    Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
  };
}

function accountOf(roleArn: string): string {
  return accountIdOf({ roleArn, externalId: null });
}

/** What EBS does with a key for whoever copies or restores with it. */
function useKeys(keyArns: readonly string[]): readonly IamStatement[] {
  return [
    {
      Sid: 'UseKeys',
      Effect: 'Allow',
      Action: [...keyActions],
      Resource: keyArns,
    },
    {
      Sid: 'LetEbsUseKeys',
      Effect: 'Allow',
      Action: ['kms:CreateGrant'],
      Resource: keyArns,
      Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    },
  ];
}

/** Statements that differ in their actions only become one. */
function merged(statements: readonly IamStatement[]): readonly IamStatement[] {
  const alike = Map.groupBy(statements, ({ Resource, Condition }) =>
    JSON.stringify([Resource, Condition]),
  );
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const Action = [...new Set(group.flatMap((one) => one.Action))];
    return [{ ...first, Action }];
  });
}

function arnOf(type: Ec2ResourceType): string {
  // Any account: the names of snapshots and of images have none in them.
  return `arn:aws:ec2:*:*:${type}/*`;
}
