import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readPolicies } from '../../../src/adapters/policy-file/read-policies.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import { defaultPolicy } from '../../../src/domain/policy/default-policy.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { cronOccurrences } from '../../support/schedule/cron-occurrences.ts';

function read(text: string): readonly BackupPolicy[] {
  return readPolicies({ text, fileName: 'policies.yaml' }, cronOccurrences);
}

function refusal(text: string): SnapledgerError {
  try {
    read(text);
  } catch (error) {
    assert.ok(error instanceof SnapledgerError, String(error));
    assert.equal(error.code, 'POLICY_INVALID');
    return error;
  }
  return assert.fail('the file was taken');
}

const least = `policies:
  - policyId: nightly
    selection: { include: { kind: instances, instanceIds: [web-1] } }
    snapshots: { retention: { count: 7 } }
`;

describe('a policy file', () => {
  it('has the defaults of a new policy for everything that it leaves out', () => {
    const usual = defaultPolicy(sampleIds.policy('nightly'), [sampleIds.instance('web-1')]);
    assert.deepEqual(read(least), [usual]);
  });

  it('can be JSON, and read again what was shown', () => {
    const [policy] = read(least);
    assert.deepEqual(read(JSON.stringify({ policies: [policy] }, null, 2)), [policy]);
  });

  it('may repeat itself by an anchor', () => {
    const text = `policies:
  - policyId: a
    selection: { include: { kind: all } }
    snapshots: &seven { retention: { count: 7 } }
  - policyId: b
    selection: { include: { kind: tag, key: env } }
    snapshots: *seven
`;
    const [a, b] = read(text);
    assert.deepEqual(a?.snapshots, b?.snapshots);
  });
});

describe('a policy file that is wrong', () => {
  const broken: readonly (readonly [string, string, string])[] = [
    ['is no YAML', 'policies: [', 'policies.yaml:1:12: '],
    ['has a key twice', `${least}policies: []\n`, 'policies.yaml:5:1: '],
    ['has a tag that YAML does not know', 'policies: !danger x', 'policies.yaml:1:11: '],
    ['is empty', '', 'policies.yaml:1:1: the file is empty'],
    ['is the mark of a document alone', '---\n', 'policies.yaml:1:1: the file is empty'],
    [
      'uses a name that nothing has',
      `${least}    volumes: *root\n`,
      "policies.yaml:5:14: '*root' is used, but nothing before it is named '&root'",
    ],
    [
      'uses a name before it is given',
      'policies: *all\nlater: &all []\n',
      "policies.yaml:1:11: '*all' is used, but nothing before it is named '&all'",
    ],
    [
      'uses a name within what has it',
      'policies: &all [*all]\n',
      "policies.yaml:1:17: '*all' is used within what is named '&all'",
    ],
    ['has nothing but comments', '# later\n\n', 'policies.yaml:1:1: the file is empty'],
    ['is null', 'null', 'policies.yaml:1:1: the file is null, not a map'],
    [
      'holds two documents',
      `${least}---\n${least}`,
      "policies.yaml:5:1: a second document begins here ('---'); a file has one",
    ],
    [
      'is nested without end',
      `{"policies": ${'['.repeat(9_000)}${']'.repeat(9_000)}}`,
      'the file is nested too deeply',
    ],
    ['is a list', '- a', 'policies.yaml:1:1: the file is a list, not a map'],
    ['has no policies', 'policies: []', 'policies.yaml:1:11: policies has 0 entries'],
    [
      'has an unknown key',
      least.replace('policyId: nightly', 'policyId: nightly\n    colour: red'),
      'policies.yaml:3:5: policies[0].colour is not known',
    ],
    [
      'has an unknown key far inside',
      least.replace('count: 7', 'count: 7, keep: 3'),
      'policies.yaml:4:41: policies[0].snapshots.retention.keep is not known',
    ],
    [
      'has a key that every object has',
      least.replace('count: 7', 'count: 7, __proto__: {}'),
      'policies[0].snapshots.retention.__proto__ is not known',
    ],
    [
      'has a value of the wrong type',
      least.replace('count: 7', 'count: seven'),
      "policies.yaml:4:38: policies[0].snapshots.retention.count is 'seven'",
    ],
    [
      'leaves out what must be there',
      least.replace('    snapshots: { retention: { count: 7 } }\n', ''),
      'policies.yaml:2:5: policies[0] has no snapshots',
    ],
    [
      'has a value of no choice',
      `${least}    missedRuns: maybe\n`,
      "policies.yaml:5:17: policies[0].missedRuns is 'maybe'. Give one of: run-once, skip.",
    ],
    [
      'has an unknown kind',
      least.replace('kind: instances', 'kind: some'),
      "policies[0].selection.include has the unknown kind 'some'",
    ],
    [
      'has an unknown time zone',
      `${least}    timeZone: Mars/Base\n`,
      "policies.yaml:5:15: policies[0].timeZone is 'Mars/Base'",
    ],
    [
      'has a cron expression that never fires',
      least.replace(
        'snapshots: { retention',
        'snapshots: { schedules: [{ kind: cron, expression: "0 0 30 2 *" }], retention',
      ),
      'policies.yaml:4:30: policies[0].snapshots.schedules[0] never occurs',
    ],
    [
      'has an id twice',
      `${least}${least.slice('policies:\n'.length)}`,
      "policies.yaml:5:15: policies[1].policyId is 'nightly', as that of policies[0] is",
    ],
    [
      'grows out of little',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`,
      "policies.yaml: the file uses what it names by '&' more than 100 times in all",
    ],
  ];
  for (const [what, text, words] of broken) {
    it(`because it ${what} is refused with the place`, () => {
      const { message, remedy } = refusal(text);
      assert.ok(message.includes(words), message);
      assert.match(remedy ?? '', /snapledger policy schema/);
    });
  }

  it('is told everything that is wrong at once', () => {
    const text = least.replace('count: 7', 'count: -1, age: 3, keep: 2');
    const { message } = refusal(text);
    assert.equal(message.split('\n').length, 3);
  });

  it('is told twenty things at most', () => {
    const keys = Array.from({ length: 30 }, (_, index) => `    key${index}: 1\n`).join('');
    const lines = refusal(`${least}${keys}`).message.split('\n');
    assert.equal(lines.length, 21);
    assert.equal(lines.at(-1), '… and 10 more');
  });

  it('is not read when it is far too long', () => {
    assert.match(refusal('#'.repeat(1024 * 1024 + 1)).message, /more than 1048576 characters/);
  });
});
