import { awsCalls, type AwsCaller } from './aws-calls.ts';
import { iamPolicyOf, type IamPolicyPlaces } from './iam-policy.ts';

/** What stands in the files of docs/aws-policies where a user's own names belong. */
export const placeholders: IamPolicyPlaces = {
  mark: 'MARK',
  repository: { bucket: 'BUCKET', prefix: 'PREFIX/', ledgerLockDays: null, lockDays: null },
  workerRoleArn: 'arn:aws:iam::ACCOUNT:role/WORKER-ROLE',
  accountRoleArns: ['arn:aws:iam::OTHER-ACCOUNT:role/COPIES-ROLE'],
  keyArns: ['arn:aws:kms:REGION:ACCOUNT:key/KEY', 'arn:aws:kms:REGION:OTHER-ACCOUNT:key/KEY'],
};

/** The text of a policy file. */
export function policyText(caller: AwsCaller, places: IamPolicyPlaces): string {
  return `${JSON.stringify(iamPolicyOf(caller, awsCalls, places), null, 2)}\n`;
}
