import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Region } from '../../../src/domain/identifiers.ts';
import {
  type Ec2WorkerSetting,
  ec2SettingOf,
  problemOfEc2Setting,
} from '../../../src/vault/cloud/ec2-setting.ts';

const worker: Ec2WorkerSetting = {
  imageId: 'ami-0123456789abcdef0',
  instanceType: 'c7g.large',
  subnetId: 'subnet-0123456789abcdef0',
  availabilityZone: 'eu-central-1a',
  securityGroupIds: ['sg-0123456789abcdef0'],
  instanceProfileArn: 'arn:aws:iam::111122223333:instance-profile/path/snapledger-worker',
  nodeSha256: null,
};
const region = 'eu-central-1' as Region;

describe('the setting of a vault on EC2', () => {
  it('is sound with and without workers, and for the partitions of AWS', () => {
    assert.equal(problemOfEc2Setting({ kind: 'ec2', region, worker: null }), null);
    assert.equal(problemOfEc2Setting({ kind: 'ec2', region, worker }), null);
    const localZone = { ...worker, availabilityZone: 'eu-central-1-waw-1a' };
    assert.equal(problemOfEc2Setting({ kind: 'ec2', region, worker: localZone }), null);
    const gov = {
      ...worker,
      availabilityZone: 'us-gov-west-1b',
      instanceProfileArn: 'arn:aws-us-gov:iam::111122223333:instance-profile/w',
      nodeSha256: 'ab'.repeat(32),
    };
    const govRegion = 'us-gov-west-1' as Region;
    assert.equal(problemOfEc2Setting({ kind: 'ec2', region: govRegion, worker: gov }), null);
  });

  it('names the field that cannot be', () => {
    const cases: readonly (readonly [Partial<Ec2WorkerSetting>, RegExp])[] = [
      [{ imageId: 'img-1' }, /imageId "img-1" is not like ami-/],
      [{ instanceType: 'large' }, /instanceType "large"/],
      [{ subnetId: 'sg-0123456789abcdef0' }, /subnetId/],
      [{ availabilityZone: 'eu-central-1' }, /availabilityZone "eu-central-1"/],
      [{ availabilityZone: 'eu-north-1a' }, /eu-north-1a is not in eu-central-1/],
      [{ availabilityZone: 'eu-central-12a' }, /eu-central-12a is not in eu-central-1/],
      [{ securityGroupIds: [] }, /1 to 16 security groups/],
      [{ securityGroupIds: ['default'] }, /security group "default"/],
      [{ instanceProfileArn: 'snapledger-worker' }, /instanceProfileArn/],
      [{ nodeSha256: 'AB' }, /nodeSha256/],
    ];
    for (const [wrong, expected] of cases) {
      const problem = problemOfEc2Setting({ kind: 'ec2', region, worker: { ...worker, ...wrong } });
      assert.match(problem ?? 'nothing', expected);
    }
    const nowhere = { kind: 'ec2', region: 'Frankfurt' as Region, worker: null } as const;
    assert.match(problemOfEc2Setting(nowhere) ?? 'nothing', /"Frankfurt" is no region/);
  });

  it('is read from JSON as it was written, and from nothing that lacks a part of it', () => {
    const setting = { kind: 'ec2', region, worker };
    const json: unknown = JSON.parse(JSON.stringify(setting));
    assert.deepEqual(ec2SettingOf(json), setting);
    assert.deepEqual(ec2SettingOf({ kind: 'ec2', region }), { kind: 'ec2', region, worker: null });
    assert.equal(ec2SettingOf({ kind: 'gce', region }), null);
    assert.equal(ec2SettingOf({ kind: 'ec2' }), null);
    assert.equal(ec2SettingOf('ec2'), null);
    for (const name of Object.keys(worker).filter((one) => one !== 'nodeSha256')) {
      const rest = Object.entries(worker).filter(([field]) => field !== name);
      const without = { ...setting, worker: Object.fromEntries(rest) };
      assert.equal(ec2SettingOf(without), null, name);
    }
  });
});
