import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  keyTrustOf,
  roleTrustOf,
  trustPlaceholders,
  trustText,
} from '../../../../src/adapters/aws/permissions/account-trust.ts';
import { awsCalls, type AwsCaller } from '../../../../src/adapters/aws/permissions/aws-calls.ts';
import { iamPolicyOf } from '../../../../src/adapters/aws/permissions/iam-policy.ts';
import { placeholders, policyText } from '../../../../src/adapters/aws/permissions/policy-files.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const callers: readonly AwsCaller[] = ['engine', 'worker', 'original', 'account'];

describe('the permissions that AWS has to give', () => {
  it('are for every command of the SDK that the code sends, and for nothing else', async () => {
    const sent = new Set<string>();
    for await (const source of sources('src')) {
      for (const [, command] of source.matchAll(/\bnew ([A-Z]\w*)Command\(/g)) {
        sent.add(command ?? '');
      }
    }

    const listed = new Set(awsCalls.map(({ command }) => command));
    assert.deepEqual([...sent].toSorted(), [...listed].toSorted());
  });

  it('are those of the files that the documentation gives', async () => {
    for (const caller of callers) {
      const file = path.join(root, 'docs', 'aws-policies', `${caller}.json`);
      assert.equal(await readFile(file, 'utf8'), policyText(caller, placeholders), file);
    }
  });

  it('of trust are those of the files, too', async () => {
    const { engineArn, externalId, roleArn } = trustPlaceholders;
    const texts = {
      'account-trust': trustText(roleTrustOf(engineArn, externalId)),
      'key-trust': trustText(keyTrustOf(roleArn)),
    };
    for (const [name, text] of Object.entries(texts)) {
      const file = path.join(root, 'docs', 'aws-policies', `${name}.json`);
      assert.equal(await readFile(file, 'utf8'), text, file);
    }
  });

  it('for other accounts are for their roles alone, and to let nobody but them read what carries the mark', () => {
    const [assuming] = statementsOf('engine', 'sts:AssumeRole');
    assert.deepEqual(assuming?.Resource, placeholders.accountRoleArns);
    const [sharing] = statementsOf('engine', 'ec2:ModifySnapshotAttribute');
    assert.deepEqual(sharing?.Condition, {
      StringEqualsIfExists: { 'ec2:Add/userId': ['OTHER-ACCOUNT'] },
      Null: { 'aws:ResourceTag/MARK': 'false', 'ec2:Add/group': 'true' },
    });
    const without = iamPolicyOf('engine', awsCalls, { ...placeholders, accountRoleArns: [] });
    const actions = without.Statement.flatMap(({ Action }) => Action);
    assert.ok(!actions.some((one) => /AssumeRole|ModifySnapshotAttribute/.test(one)));
  });

  it('of the role in another account let it remove nothing without the mark, hand on no role, and take on none', () => {
    for (const { Action, Condition } of iamPolicyOf('account', awsCalls, placeholders).Statement) {
      assert.ok(!Action.some((one) => /PassRole|AssumeRole|ModifySnapshot|ebs:|s3:/.test(one)));
      if (Action.some((one) => /:(Delete|Deregister|Terminate)/.test(one))) {
        assert.equal(Condition?.['Null']?.['aws:ResourceTag/MARK'], 'false');
      }
    }
    const none = iamPolicyOf('account', awsCalls, { ...placeholders, keyArns: [] }).Statement;
    assert.ok(!none.some(({ Action }) => Action.some((one) => one.startsWith('kms:'))));
  });

  it('let nothing be changed or removed but what carries the mark', () => {
    for (const { command, scope, callers: by } of awsCalls) {
      if (!by.includes('engine')) continue;
      if (
        /^(Delete|Deregister|Terminate|Detach|Attach)/.test(command) &&
        command !== 'DeleteObject'
      ) {
        assert.equal(scope.kind, 'marked', command);
      }
      if (/^(Create|Copy|Register|Run)/.test(command)) assert.equal(scope.kind, 'made', command);
    }
    const { Statement } = iamPolicyOf('engine', awsCalls, placeholders);
    const unconditional = Statement.filter(({ Condition }) => Condition === undefined);
    for (const { Action, Resource } of unconditional) {
      for (const action of Action) {
        assert.match(
          action,
          /^ec2:Describe|^s3:|^sts:AssumeRole$|^ec2:(CreateSnapshots|CreateVolume|RegisterImage|RunInstances)$/,
        );
      }
      if (Resource.includes('*')) assert.ok(Action.every((one) => one.startsWith('ec2:Describe')));
    }
  });

  it('to restore to original places take no volume without the mark, and set no tags but those of snapledger', () => {
    const { Statement } = iamPolicyOf('original', awsCalls, placeholders);
    for (const { Action, Resource, Condition } of Statement) {
      if (Resource.some((one) => !one.endsWith(':instance/*'))) {
        assert.deepEqual(Resource, ['arn:aws:ec2:*:*:volume/*']);
        assert.ok(Action.every((one) => /^ec2:(Create|Delete)Tags$/.test(one)));
        assert.deepEqual(Condition?.['ForAllValues:StringLike'], { 'aws:TagKeys': ['sl1.*'] });
        assert.equal(Condition['Null']?.['aws:TagKeys'], 'false');
      }
      assert.ok(Action.every((one) => !/Terminate|Run|DeleteVolume/.test(one)));
    }
    const [removing] = statementsOf('original', 'ec2:DeleteTags');
    assert.equal(removing?.Condition?.['Null']?.['aws:ResourceTag/MARK'], 'false');
  });

  it('of a worker are for the objects of its repository alone', () => {
    const { Statement } = iamPolicyOf('worker', awsCalls, placeholders);

    for (const { Action, Resource } of Statement) {
      assert.ok(Action.every((action) => action.startsWith('s3:')));
      assert.ok(Resource.every((one) => one.startsWith('arn:aws:s3:::BUCKET')));
    }
    assert.ok(Statement.length > 0);
  });

  it('let a worker remove nothing but what is in mailboxes', () => {
    assert.deepEqual(resourcesOf('worker', 's3:DeleteObject'), [
      'arn:aws:s3:::BUCKET/PREFIX/control/*',
    ]);
    // Who removes what is no longer needed is the engine.
    assert.deepEqual(resourcesOf('engine', 's3:DeleteObject'), ['arn:aws:s3:::BUCKET/PREFIX/*']);
  });

  it('let a worker make nothing but packs, and what is in mailboxes', () => {
    assert.deepEqual(resourcesOf('worker', 's3:PutObject'), [
      'arn:aws:s3:::BUCKET/PREFIX/packs/*',
      'arn:aws:s3:::BUCKET/PREFIX/control/*',
    ]);
    assert.deepEqual(resourcesOf('engine', 's3:PutObject'), ['arn:aws:s3:::BUCKET/PREFIX/*']);
  });

  it('have a name of its own for each statement, as IAM wants it', () => {
    for (const caller of callers) {
      const names = iamPolicyOf(caller, awsCalls, placeholders).Statement.map(({ Sid }) => Sid);
      assert.equal(new Set(names).size, names.length, caller);
    }
  });

  it('let nobody write an object without the condition that it is not there', () => {
    for (const caller of ['engine', 'worker'] as const) {
      const writing = statementsOf(caller, 's3:PutObject');
      assert.equal(writing.length, 1);
      assert.deepEqual(writing[0]?.Condition, { Null: { 's3:if-none-match': 'false' } }, caller);
    }
  });

  it('fit into a managed policy of IAM', () => {
    for (const caller of callers) {
      const text = JSON.stringify(iamPolicyOf(caller, awsCalls, placeholders));
      assert.ok(text.length <= 6_144, `${caller}: ${text.length}`);
    }
  });
});

function statementsOf(caller: AwsCaller, action: string) {
  const { Statement } = iamPolicyOf(caller, awsCalls, placeholders);
  return Statement.filter(({ Action }) => Action.includes(action));
}

function resourcesOf(caller: AwsCaller, action: string): readonly string[] {
  return statementsOf(caller, action).flatMap(({ Resource }) => Resource);
}

async function* sources(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(path.join(root, folder), {
    recursive: true,
    withFileTypes: true,
  })) {
    if (entry.isFile() && entry.name.endsWith('.ts')) {
      yield await readFile(path.join(entry.parentPath, entry.name), 'utf8');
    }
  }
}
