/** Of a key of KMS, for a snapshot that is read, or a copy that is written with it. */
export const keyActions = [
  'kms:DescribeKey',
  'kms:Decrypt',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:GenerateDataKeyWithoutPlaintext',
] as const;

/** A statement of a policy that belongs to a role or a key, and says who may use it. */
interface TrustStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Principal: { readonly AWS: string };
  readonly Action: readonly string[];
  readonly Resource?: '*';
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface TrustPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly TrustStatement[];
}

/** The trust policy of the role in another account: who may take it on, and what has to be said for it. */
export function roleTrustOf(engineArn: string, externalId: string | null): TrustPolicy {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'TrustSnapledger',
        Effect: 'Allow',
        Principal: { AWS: engineArn },
        Action: ['sts:AssumeRole'],
        ...(externalId === null
          ? {}
          : { Condition: { StringEquals: { 'sts:ExternalId': externalId } } }),
      },
    ],
  };
}

/** What is added to the policy of a key, of the sources or of the copies, for the role in another account. */
export function keyTrustOf(roleArn: string): TrustPolicy {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'UseForCopies',
        Effect: 'Allow',
        Principal: { AWS: roleArn },
        Action: keyActions,
        Resource: '*',
      },
      {
        Sid: 'LetEbsUseForCopies',
        Effect: 'Allow',
        Principal: { AWS: roleArn },
        Action: ['kms:CreateGrant'],
        Resource: '*',
        Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      },
    ],
  };
}

/** What stands in the files of docs/aws-policies where a user's own names belong. */
export const trustPlaceholders = {
  engineArn: 'arn:aws:iam::ACCOUNT:role/ENGINE-ROLE',
  externalId: 'EXTERNAL-ID',
  roleArn: 'arn:aws:iam::OTHER-ACCOUNT:role/COPIES-ROLE',
} as const;

/** The text of a policy file. */
export function trustText(policy: TrustPolicy): string {
  return `${JSON.stringify(policy, null, 2)}\n`;
}
