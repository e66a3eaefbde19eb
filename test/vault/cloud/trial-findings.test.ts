import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { WorkerTrialOutcome } from '../../../src/engine/worker-trial/try-worker.ts';
import { trialFindings, untriedRole } from '../../../src/vault/cloud/trial-findings.ts';
import type { Ec2WorkerSetting, PermissionFinding } from '../../../src/vault/vault.ts';

const error = (code: 'CLOUD_REFUSED' | 'CLOUD_ACCESS_DENIED' | 'MAILBOX_REJECTED' | 'TIMED_OUT') =>
  new SnapledgerError(code, `in the words of ${code}`);

describe('what a trial of a worker shows', () => {
  const cases: readonly (readonly [
    string,
    WorkerTrialOutcome,
    PermissionFinding['outcome']['kind'],
    RegExp,
  ])[] = [
    ['one that said hello', { kind: 'worked' }, 'allowed', /^$/],
    ['one that failed', { kind: 'failed', said: 'no way to S3' }, 'missing', /^no way to S3$/],
    [
      'a launch that EC2 refuses: a setting is wrong',
      { kind: 'not-launched', error: error('CLOUD_REFUSED') },
      'refused',
      /^in the words of CLOUD_REFUSED$/,
    ],
    [
      'a launch that is not allowed: nothing of the role',
      { kind: 'not-launched', error: error('CLOUD_ACCESS_DENIED') },
      'untried',
      /^no worker could be launched: in the words of CLOUD_ACCESS_DENIED$/,
    ],
    [
      'a mailbox that is not as the worker has to write it',
      { kind: 'unseen', error: error('MAILBOX_REJECTED') },
      'missing',
      /^in the words of MAILBOX_REJECTED$/,
    ],
    [
      'one of which nothing could be seen',
      { kind: 'unseen', error: error('TIMED_OUT') },
      'untried',
      /^what the worker did could not be seen: in the words of TIMED_OUT$/,
    ],
    ['one that was stopped', { kind: 'stopped' }, 'untried', /^it was stopped$/],
  ];
  for (const [name, outcome, kind, words] of cases) {
    it(`of ${name} is '${kind}'`, () => {
      const [role, ...others] = trialFindings({ outcome, leftOver: [] });

      assert.deepEqual(others, []);
      assert.deepEqual([role?.action, role?.caller], ["the workers' role", 'worker']);
      assert.equal(role?.outcome.kind, kind);
      assert.match(wordsOf(role.outcome), words);
    });
  }

  it('says of what is left over, which somebody has to remove', () => {
    const leftOver = ['worker i-1 may still run: denied', 'the mailbox control/x is left: denied'];
    const [role, removal] = trialFindings({ outcome: { kind: 'worked' }, leftOver });

    assert.equal(role?.outcome.kind, 'allowed');
    assert.deepEqual([removal?.action, removal?.caller], ['removal of the trial', 'engine']);
    assert.deepEqual(removal?.outcome, { kind: 'missing', said: leftOver.join('; ') });
  });
});

describe('a worker', () => {
  const worker: Ec2WorkerSetting = {
    imageId: 'ami-0123456789abcdef0',
    instanceType: 'c7g.large',
    subnetId: 'subnet-0123456789abcdef0',
    availabilityZone: 'eu-test-1a',
    securityGroupIds: ['sg-0123456789abcdef0'],
    instanceProfileArn: 'arn:aws:iam::111122223333:instance-profile/w',
    nodeSha256: null,
  };
  const found = (action: string, outcome: PermissionFinding['outcome']): PermissionFinding => ({
    action,
    caller: 'engine',
    purpose: 'see',
    target: null,
    machine: null,
    outcome,
  });

  it('is not tried where none are set up', () => {
    assert.match(reasonOf(untriedRole(null, [])), /no workers are set up/);
  });

  it('is not tried where its mailbox is in a bucket that lacks permissions', () => {
    const missing = found('s3:PutObject', { kind: 'missing', said: 'denied' });
    assert.match(reasonOf(untriedRole(worker, [missing])), /where permissions are missing/);
  });

  it('is tried whatever else was found', () => {
    const others = [
      found('ec2:DeleteSnapshot', { kind: 'missing', said: 'denied' }),
      found('s3:PutObject', { kind: 'allowed' }),
      found('s3:GetObject', { kind: 'untried', reason: 'nothing to read' }),
    ];
    assert.equal(untriedRole(worker, others), null);
  });
});

function wordsOf(outcome: PermissionFinding['outcome']): string {
  switch (outcome.kind) {
    case 'allowed':
      return '';
    case 'missing':
    case 'refused':
      return outcome.said;
    case 'untried':
      return outcome.reason;
  }
}

function reasonOf(finding: PermissionFinding | null): string {
  assert.ok(finding !== null);
  assert.equal(finding.outcome.kind, 'untried');
  return wordsOf(finding.outcome);
}
