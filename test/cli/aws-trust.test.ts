import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { trustPlaceholders } from '../../src/adapters/aws/permissions/account-trust.ts';
import { runCliWith } from './support/run-cli-with.ts';

const engine = 'arn:aws:iam::111122223333:role/snapledger';
const role = 'arn:aws:iam::222233334444:role/snapledger-copies';
const trust = (...argv: readonly string[]) => runCliWith(['aws', 'trust', ...argv]);
const file = (name: string): Promise<string> =>
  readFile(new URL(`../../docs/aws-policies/${name}.json`, import.meta.url), 'utf8');

describe("'aws trust'", () => {
  it('prints the policy of a role as the documents have it, without a vault', async () => {
    const { exitCode, stdout } = await trust('role', '--engine', engine, '--external-id', 'of/us');

    assert.equal(exitCode, 0);
    const expected = (await file('account-trust'))
      .replace(trustPlaceholders.engineArn, engine)
      .replace(trustPlaceholders.externalId, 'of/us');
    assert.equal(stdout, expected);
  });

  it('asks for nothing besides where no external id is given', async () => {
    const { stdout } = await trust('role', '--engine', engine, '--json');
    assert.doesNotMatch(stdout, /Condition/);
  });

  it('prints what the policy of a key needs', async () => {
    const { exitCode, stdout } = await trust('key', '--account-role', role);

    assert.equal(exitCode, 0);
    const expected = (await file('key-trust')).replaceAll(trustPlaceholders.roleArn, role);
    assert.equal(stdout, expected);
  });

  it('refuses what nobody could be trusted by', async () => {
    const cases = [
      [['role'], /nothing says who is to be trusted/],
      [['key'], /give its ARN with '--account-role'/],
      [['role', '--engine', 'snapledger'], /'snapledger' is not the ARN of a role or a user/],
      [['role', '--engine', engine, '--external-id', '?'], /no external id/],
      [['role', '--engine', engine, '--account-role', role], /--account-role is for a key/],
      [['key', '--account-role', engine.replace('role', 'user')], /is not the ARN of a role/],
      [['key', '--account-role', role, '--engine', engine], /are for a role/],
    ] as const;
    for (const [argv, words] of cases) {
      const { exitCode, stderr } = await trust(...argv);
      assert.equal(exitCode, 2, argv.join(' '));
      assert.match(stderr, words);
    }
  });
});
