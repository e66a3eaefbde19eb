import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Region } from '../../../src/domain/identifiers.ts';
import {
  type Ec2WorkerSetting,
  problemOfEc2Setting,
  readEc2Setting,
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

  it('is read from JSON as it was written, and what is left out is none', () => {
    const setting = { kind: 'ec2', region, worker };
    const json: unknown = JSON.parse(JSON.stringify(setting));
    assert.deepEqual(readEc2Setting(json), { setting, problem: null });
    const snapshotsOnly = { kind: 'ec2', region, worker: null };
    assert.deepEqual(readEc2Setting({ kind: 'ec2', region }).setting, snapshotsOnly);
    const { nodeSha256, ...withoutNode } = worker;
    assert.equal(nodeSha256, null);
    assert.deepEqual(readEc2Setting({ ...setting, worker: withoutNode }).setting, setting);
  });

  it('is read from nothing that lacks a part of it, or has one that nothing knows', () => {
    const problemOf = (value: unknown): string => readEc2Setting(value).problem ?? 'nothing';
    const setting = { kind: 'ec2', region, worker };
    assert.match(problemOf({ kind: 'gce', region }), /kind is not "ec2"/);
    assert.match(problemOf({ kind: 'ec2' }), /region is missing/);
    assert.match(problemOf('ec2'), /kind is not "ec2"/);
    assert.match(
      problemOf({ kind: 'ec2', region, wroker: worker }),
      /"wroker" is not one of.*worker/,
    );
    assert.match(problemOf({ ...setting, worker: 'none' }), /neither null nor an object/);
    const misspelt = { ...worker, nodeSha265: 'ab'.repeat(32) };
    assert.match(problemOf({ ...setting, worker: misspelt }), /worker "nodeSha265" is not one of/);
    assert.match(problemOf({ ...setting, worker: { ...worker, nodeSha256: 1 } }), /nodeSha256/);
    assert.match(problemOf({ ...setting, worker: { ...worker, imageId: 'x' } }), /not like ami-/);
    for (const name of Object.keys(worker).filter((one) => one !== 'nodeSha256')) {
      const rest = Object.entries(worker).filter(([field]) => field !== name);
      const without = { ...setting, worker: Object.fromEntries(rest) };
      assert.match(problemOf(without), new RegExp(`the worker's ${name} (is|are) missing`));
    }
  });
});
