import { awsCallLimits } from '../../../../src/adapters/aws/client/aws-call-limits.ts';
import { type EbsConnection, openEbs } from '../../../../src/adapters/aws/ebs/ebs-connection.ts';
import { type EbsLimits, ebsLimits } from '../../../../src/adapters/aws/ebs/ebs-limits.ts';
import { systemClock } from '../../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import type { Region } from '../../../../src/domain/identifiers.ts';
import type { EbsData } from '../../../support/aws/ebs/ebs-data.ts';
import { noEbsQuotas } from '../../../support/aws/ebs/ebs-quotas.ts';
import {
  createFakeEbs,
  type FakeEbs,
  type FakeEbsOptions,
} from '../../../support/aws/ebs/fake-ebs.ts';
import { FakeAws, testCredentials } from '../../../support/aws/fake-aws.ts';

/** A fake of EBS direct, without quotas unless they are given, and a connection to it. */
export interface EbsRig extends AsyncDisposable {
  readonly ebs: FakeEbs;
  readonly fake: FakeAws;
  readonly connection: EbsConnection;
}

export const quickLimits: EbsLimits = {
  ...ebsLimits,
  call: {
    ...awsCallLimits,
    attemptsMax: 4,
    firstDelayMs: 2,
    throttledFirstDelayMs: 4,
    delayMaxMs: 20,
  },
};

export async function startEbsRig(
  data: EbsData,
  options: Omit<FakeEbsOptions, 'data'> & { readonly limits?: EbsLimits } = {},
): Promise<EbsRig> {
  const { limits = quickLimits, ...fakeOptions } = options;
  const ebs = createFakeEbs({ data, quotas: noEbsQuotas, ...fakeOptions });
  const fake = await FakeAws.start({ services: [ebs] });
  const connection = openEbs({
    region: 'eu-test-1' as Region,
    clock: systemClock,
    random: systemRandom,
    endpoint: fake.endpoint,
    credentials: testCredentials,
    limits,
  });
  return {
    ebs,
    fake,
    connection,
    [Symbol.asyncDispose]: async () => {
      connection.close();
      await fake[Symbol.asyncDispose]();
    },
  };
}
