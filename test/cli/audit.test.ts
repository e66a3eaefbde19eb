import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { createFileWitness } from '../../src/adapters/witness/file-witness.ts';
import type {
  LedgerProof,
  RecoverVaultOptions,
  SealOutcome,
  TimestampMs,
  WitnessSetting,
} from '../../src/index.ts';
import { fakeKey, soundProof } from './support/fake-audit.ts';
import type { StreamName } from '../../src/ports/event-store.ts';
import { sampleIds, sampleInstance } from './support/sample-records.ts';
import { type CliRun, runCliWith } from './support/run-cli-with.ts';

function run(line: string, proof: Partial<LedgerProof> = {}): Promise<CliRun> {
  return runCliWith(line.split(' '), { vault: { proof } });
}

const finding = {
  kind: 'store-record-altered',
  message: "event 3 of the stream 'session-x' is not the one that was sealed",
  stream: 'session-x',
  revision: 3,
} as const;

describe("'audit verify'", () => {
  it('says what is proven, with the checkpoint to keep', async () => {
    const { exitCode, stdout, stderr } = await run('audit verify');
    assert.equal(exitCode, 0);
    assert.equal(stderr, '');
    assert.match(
      stdout,
      /^proven: 42 records in 3 streams, sealed 2 times, 2 checkpoints compared\n/,
    );
    assert.match(stdout, /\nsnapledger\/test\n42\n/);
  });

  it('names the first event that something is wrong with, and ends with 1', async () => {
    const { exitCode, stdout, stderr } = await run('audit verify', {
      findings: [finding, finding],
    });
    assert.equal(exitCode, 1);
    assert.match(stdout, /^wrong: event 3 of the stream/);
    assert.match(stderr, /^snapledger: event 3 .* \(and 1 more finding\)\n/);
    const json = await run('audit verify --json', { findings: [finding] });
    const error = JSON.parse(json.stderr) as { readonly code: string; readonly details: object };
    assert.equal(error.code, 'LEDGER_TAMPERED');
    assert.deepEqual(error.details, { kind: finding.kind, stream: 'session-x', revision: 3 });
    assert.equal((JSON.parse(json.stdout) as LedgerProof).findings.length, 1);
  });

  it('needs no vault for a repository, and names it from where one is', async () => {
    const asked: object[] = [];
    const { exitCode, stdout } = await runCliWith(['audit', 'verify', '--repository', 'copies/r'], {
      env: { SNAPLEDGER_PASSPHRASE: 'secret' },
      dependencies: {
        openVault: () => Promise.reject(new Error('no vault is to be opened')),
        verifyRepository: (options) => {
          asked.push(options);
          return Promise.resolve(soundProof);
        },
      },
    });
    assert.deepEqual(asked, [
      { repository: '/somewhere/copies/r', passphrase: 'secret', checkpoints: [] },
    ]);
    assert.match(stdout, /^proven: 42 records/);
    assert.equal(exitCode, 0);
  });

  it('says which sessions are not sealed yet, and ends with 3', async () => {
    const { exitCode, stderr } = await run('audit verify', {
      unsealedSessions: [sampleIds.session],
    });
    assert.equal(exitCode, 3);
    assert.match(stderr, /not sealed yet: 1 session .*\n.*'snapledger audit seal'/);
  });

  it('counts what else is not sealed yet by its streams, and ends with 3', async () => {
    const { exitCode, stdout, stderr } = await run('audit verify', {
      unsealedSessions: [sampleIds.session],
      unsealed: [
        { stream: `session-${sampleIds.session}` as StreamName, from: 0, records: 9 },
        { stream: 'instance-web-1' as StreamName, from: 12, records: 2 },
        { stream: 'policy-web-1' as StreamName, from: 1, records: 1 },
      ],
    });
    assert.equal(exitCode, 3);
    assert.match(stdout, /^proven: 42 records/);
    assert.match(
      stderr,
      /not sealed yet: 1 session \(\w+\), and 3 events in 2 streams \(instance-web-1 from event 12 on, policy-web-1 from event 1 on\)/,
    );
  });

  it('names points that the record does not know, and does not call nothing proven', async () => {
    const points = [{ pointId: sampleIds.session, instanceId: sampleInstance.instanceId }];
    const gone = await run('audit verify', {
      size: 0,
      streams: 0,
      entries: 0,
      checkpoint: null,
      witnessedCheckpoints: 0,
      pointsWithoutSession: points,
    });
    assert.equal(gone.exitCode, 3);
    assert.match(gone.stdout, /^nothing is proven: no record is sealed here\n/);
    assert.match(gone.stderr, /no record is sealed in this repository/);
    assert.match(
      gone.stderr,
      /1 restore point whose sessions the record does not have: \w+ of web-1/,
    );
    const older = await run('audit verify', { pointsWithoutSession: points });
    assert.equal(older.exitCode, 3);
    assert.match(older.stdout, /^proven: 42 records/);
  });

  it('says when no checkpoint was compared, and which witness should have had one', async () => {
    const without = await run('audit verify', { witnessedCheckpoints: 0 });
    assert.match(without.stdout, /no checkpoint was compared: whether the end was cut off/);
    assert.equal(without.exitCode, 0, 'a repository alone has none');
    const emptied = await run('audit verify', { emptyWitnesses: ["'/v/checkpoints'"] });
    assert.equal(emptied.exitCode, 3);
    assert.match(
      emptied.stderr,
      /no checkpoint is in '\/v\/checkpoints', where each seal leaves one/,
    );
  });

  it('says that records are there twice, and that this proves no less', async () => {
    const { exitCode, stdout } = await run('audit verify', { repeated: 2 });
    assert.equal(exitCode, 0);
    assert.match(stdout, /^proven: 42 records.*\n2 of them are there a second time/);
  });

  it('says which sessions a newer version wrote to, and ends with 3', async () => {
    const message = "event 11 of the stream 'session-x' is of the type 'FromTheFuture'";
    const { exitCode, stdout, stderr } = await run('audit verify', {
      newerSessions: [{ sessionId: sampleIds.session, message }],
    });
    assert.equal(exitCode, 3);
    assert.match(stdout, /^proven: 42 records/);
    assert.match(stderr, /not known whether ended: 1 session \(event 11 of .*\n.*newer version/);
  });

  it('says once how many those are, and names five of them', async () => {
    const newerSessions = Array.from({ length: 7 }, (_, at) => ({
      sessionId: sampleIds.session,
      message: `event ${at} is of the type 'FromTheFuture'`,
    }));
    const { stderr } = await run('audit verify', { newerSessions });
    assert.equal(stderr.match(/7 sessions/g)?.length, 1);
    assert.equal(stderr.match(/FromTheFuture/g)?.length, 5);
    assert.equal(stderr.match(/warning/g)?.length, 1);
  });

  it('remarks that a clock went back, which is no damage', async () => {
    const remark = {
      stream: 'session-x' as StreamName,
      revision: 3,
      recordedAt: 0 as TimestampMs,
      previousAt: 86_400_000 as TimestampMs,
    };
    const clockRemarks = { count: 7, first: Array.from({ length: 7 }, () => remark) };
    const { exitCode, stdout, stderr } = await run('audit verify', { clockRemarks });
    assert.equal(exitCode, 0);
    assert.equal(stderr, '');
    assert.match(
      stdout,
      /^remark: 7 events recorded at an earlier time .*\n {2}event 3 of session-x: 19/m,
    );
    assert.match(stdout, /^ {2}and 2 more$/m);
  });

  it('takes checkpoints as a witness keeps them, or one as it is', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'snapledger-checkpoints-'));
    try {
      const asked: object[] = [];
      const verifyWith = (...files: readonly string[]): Promise<CliRun> =>
        runCliWith(
          [
            'audit',
            'verify',
            '--repository',
            'r',
            ...files.flatMap((one) => ['--checkpoint', one]),
          ],
          {
            env: { SNAPLEDGER_PASSPHRASE: 'secret' },
            dependencies: {
              verifyRepository: ({ checkpoints = [] }) => {
                asked.push(checkpoints);
                return Promise.resolve(soundProof);
              },
            },
          },
        );
      const witnessed = path.join(folder, 'witnessed');
      const witness = createFileWitness(witnessed);
      for (const note of ['one\n1\n\n— x\n', 'one\n2\n\n— x\n']) await witness.publish(note);
      await appendFile(witnessed, '"one\\n3');
      const single = path.join(folder, 'single');
      await writeFile(single, 'one\n4\n\n— x\n');
      await verifyWith(witnessed, single);
      assert.deepEqual(asked, [['one\n1\n\n— x\n', 'one\n2\n\n— x\n', 'one\n4\n\n— x\n']]);
      await appendFile(witnessed, '\nnonsense\n');
      const { exitCode, stderr } = await verifyWith(witnessed);
      assert.equal(exitCode, 2);
      assert.match(stderr, /line 4 of '.*witnessed' is no checkpoint/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('refuses a checkpoint that cannot be read', async () => {
    const { exitCode, stderr } = await run('audit verify --checkpoint nowhere');
    assert.equal(exitCode, 2);
    assert.match(stderr, /checkpoint '\/somewhere\/nowhere' cannot be read/);
  });
});

describe('a session that is not sealed', () => {
  async function backup(sealed: SealOutcome): Promise<CliRun> {
    return runCliWith(['backup', 'web-1'], { vault: { sealed } });
  }

  it('counts, is said, and ends with 3', async () => {
    const problem = { code: 'STORE_FULL', message: 'there is no room' };
    const { exitCode, stdout, stderr } = await backup({ kind: 'unsealed', problem });
    assert.equal(exitCode, 3);
    assert.match(stdout, /done/);
    assert.match(stderr, /the record is not sealed: there is no room\n.*makes up for it/);
  });

  it('whose log and event store disagree is not said to be made up for by the next one', async () => {
    for (const code of ['LEDGER_DIVERGED', 'LEDGER_TAMPERED']) {
      const problem = { code, message: 'another vault seals into this repository too' };
      const { exitCode, stderr } = await backup({ kind: 'unsealed', problem });
      assert.equal(exitCode, 3);
      assert.match(stderr, /not sealed: another vault .*\n.*no session is sealed until that/);
      assert.doesNotMatch(stderr, /next session/);
    }
  });

  it('is another thing than a witness that could not be reached', async () => {
    const problems = [{ code: 'WITNESS_FAILED', message: 'nobody is at home' }];
    const { exitCode, stderr } = await backup({ kind: 'sealed', checkpoint: null, problems });
    assert.equal(exitCode, 3);
    assert.match(stderr, /nobody is at home/);
    assert.doesNotMatch(stderr, /not sealed/);
  });
});

describe('the other audit commands', () => {
  it('show the public key, and the secret one only when asked for', async () => {
    assert.equal((await run('audit key')).stdout, `${fakeKey}\n`);
    assert.equal((await run('audit key --read')).stdout, `${'ab'.repeat(32)}\n`);
    assert.deepEqual(JSON.parse((await run('audit key --json')).stdout), { publicKey: fakeKey });
  });

  it('filter sessions, and refuse a time or outcome that there is not', async () => {
    const { exitCode, stdout } = await run('audit sessions --since 2026-03-01 --actor tester');
    assert.equal(exitCode, 0);
    assert.match(stdout, /SEALED.*\n.*tester\s+yes/);
    for (const wrong of [
      '--since yesterday',
      '--until 2026-13-01',
      '--outcome well',
      '--since 2026-03-02 --until 2026-03-01',
    ]) {
      assert.equal((await run(`audit sessions ${wrong}`)).exitCode, 2, wrong);
    }
  });

  it('tell why in the words of the retention rules', async () => {
    const { stdout } = await run('audit timeline web-1');
    assert.match(stdout, /snapshot set set-1 kept .*\n\s+one of the newest 7 sets/);
    assert.match(stdout, /snapshot set set-1 hold placed +by tester\n +hold \S+: case 4711\n/);
    assert.match(stdout, /the clock of instance-web-1 went back +by tester\n.* was recorded on /);
    const json = JSON.parse((await run('audit timeline web-1 --json')).stdout) as {
      readonly id: string;
      readonly reasons: readonly object[];
    }[];
    assert.equal(json[1]?.id, 'instance-web-1/7/snapshot-set/set-1');
    assert.deepEqual(json[1].reasons, [
      { kind: 'hold', holdId: 'hold-1', hold: { kind: 'legal-hold', note: 'case 4711' } },
    ]);
    const unknown = await run('audit timeline nobody');
    assert.match(unknown.stderr, /there is no instance 'nobody'/);
  });

  it('show what each event changed', async () => {
    const { stdout } = await run('audit replay 3f2a');
    assert.match(stdout, /SessionStarted[\s\S]*status = "running"[\s\S]*status = "succeeded"/);
    assert.match((await run('audit diff 3f2a --from 0 --to 1')).stdout, /^status\n {2}- "running"/);
  });

  it('write an export to a file that is new', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'snapledger-export-'));
    try {
      const file = path.join(folder, 'export.csv');
      const { stdout } = await run(`audit export --format csv --to ${file}`);
      assert.equal(stdout, `written to ${file}\n`);
      assert.equal(await readFile(file, 'utf8'), 'csv\n');
      for (const [name, format] of [
        ['table.csv', 'csv'],
        ['REPORT.HTML', 'html'],
        ['all.jsonl', 'json-lines'],
      ] as const) {
        const named = path.join(folder, name);
        await run(`audit export --to ${named}`);
        assert.equal(await readFile(named, 'utf8'), `${format}\n`);
      }
      const again = await run(`audit export --format csv --to ${file}`);
      assert.equal(again.exitCode, 2);
      assert.match(again.stderr, /cannot be made: EEXIST/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    assert.equal((await run('audit export')).stdout, 'json-lines\n');
    assert.equal((await run('audit export --session 3f2a --actor me')).exitCode, 2);
    const since = await run('audit export --since 2026-03-02 --until 2026-03-02');
    assert.equal(since.exitCode, 2);
    assert.match(since.stderr, /--since is not before --until/);
  });

  it('name an instance of which nothing is recorded, and write nothing', async () => {
    const { exitCode, stdout, stderr } = await run('audit export --instance nobody');
    assert.equal(exitCode, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /there is no instance 'nobody'/);
  });

  it('export a repository alone with its keys, of which the secret one is no argument', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'snapledger-keys-'));
    try {
      const keyFile = path.join(folder, 'ledger.key');
      await writeFile(keyFile, `${fakeKey}\n`);
      const secretFile = path.join(folder, 'read.key');
      await writeFile(secretFile, `${'cd'.repeat(32)}\n`, { mode: 0o600 });
      const asked: unknown[] = [];
      const exportWith = (
        env: Readonly<Record<string, string>>,
        ...more: readonly string[]
      ): Promise<CliRun> =>
        runCliWith(['audit', 'export', '--repository', 'copy', ...more], {
          env,
          dependencies: {
            openVault: () => Promise.reject(new Error('no vault is to be opened')),
            exportRepository: async function* (options) {
              asked.push(options);
              yield* await Promise.resolve(['sealed\n']);
            },
          },
        });
      const given = ['--key-file', keyFile];
      const { stdout } = await exportWith({ SNAPLEDGER_READ_KEY: 'ab'.repeat(32) }, ...given);
      assert.equal(stdout, 'sealed\n');
      await exportWith({ SNAPLEDGER_READ_KEY_FILE: secretFile }, ...given, '--format', 'csv');
      const common = { repository: '/somewhere/copy', publicKey: `${fakeKey}\n` };
      assert.deepEqual(asked, [
        { ...common, readKey: 'ab'.repeat(32), format: 'json-lines' },
        { ...common, readKey: 'cd'.repeat(32), format: 'csv' },
      ]);
      const wrong = await exportWith({}, ...given);
      assert.equal(wrong.exitCode, 2);
      assert.match(wrong.stderr, /need their read key\n.*SNAPLEDGER_READ_KEY_FILE/);
      const env = { SNAPLEDGER_READ_KEY: 'ab'.repeat(32) };
      for (const more of [[], ['--key-file', '/nowhere'], [...given, '--session', '3f2a']]) {
        assert.equal((await exportWith(env, ...more)).exitCode, 2);
      }
      assert.equal((await run(`audit export --key-file ${keyFile}`)).exitCode, 2);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('set one witness, with arguments that may look like options', async () => {
    const asked: unknown[] = [];
    const set = (line: string): Promise<CliRun> =>
      runCliWith(['audit', 'witness', ...line.split(' ')], {
        vault: { asked: (request) => asked.push(request) },
      });
    await set('--file w');
    await set('--command curl --argument -T --argument -');
    await set('--none');
    assert.deepEqual(asked, [
      { kind: 'file', path: '/somewhere/w' },
      { kind: 'command', command: ['curl', '-T', '-'] },
      null,
    ]);
    assert.equal((await set('--file w --none')).exitCode, 2);
    assert.equal((await set('--argument -T')).exitCode, 2);
    assert.equal(asked.length, 3);
  });

  it('show who gets checkpoints when no witness is named', async () => {
    const shown = async (setting: WitnessSetting | null): Promise<readonly string[]> => {
      const lines = ['audit witness', 'audit witness --json'].map(async (line) => {
        const { exitCode, stdout } = await runCliWith(line.split(' '), {
          vault: { witness: setting },
        });
        assert.equal(exitCode, 0);
        return stdout.trim();
      });
      return Promise.all(lines);
    };
    const [nobody, none = ''] = await shown(null);
    assert.equal(nobody, 'checkpoints are handed to nobody besides the vault');
    assert.deepEqual(JSON.parse(none), { witness: null });
    const [program, json = ''] = await shown({ kind: 'command', command: ['mail', 'auditor'] });
    assert.equal(program, 'each checkpoint is handed to mail auditor');
    assert.deepEqual(JSON.parse(json), {
      witness: { kind: 'command', command: ['mail', 'auditor'] },
    });
  });
});

describe("'recover'", () => {
  it('says what was brought back, and what comes next', async () => {
    const { exitCode, stdout, passphrases } = await run('recover --repository r');
    assert.equal(exitCode, 0);
    assert.match(
      stdout,
      /^vault recovered in \/somewhere\/v: 2 sessions, 42 records, all proven\n/,
    );
    assert.deepEqual(passphrases, ['secret']);
  });

  it('names the points that nothing tells of, and ends with 3', async () => {
    const strays = [{ pointId: sampleIds.session, instanceId: 'web-1' as never }];
    const { exitCode, stderr } = await runCliWith(['recover', '--repository', 'r'], {
      dependencies: {
        recoverVault: () =>
          Promise.resolve({
            records: 1,
            sessions: 1,
            streams: 1,
            checkpoint: '',
            pointsWithoutSession: strays,
            eventStore: { kind: 'sqlite' },
          }),
      },
    });
    assert.equal(exitCode, 3);
    assert.match(stderr, /1 restore point of sessions that were never sealed: \S+ of web-1\n/);
  });

  it('builds the record on a server when one is named, and says where it is', async () => {
    const eventStore = { kind: 'kurrentdb', location: 'esdb://h:2113', namespace: 'ours' } as const;
    const asked: RecoverVaultOptions[] = [];
    const line = 'recover --repository r --event-store esdb://h --event-store-namespace ours';
    const { exitCode, stdout } = await runCliWith(line.split(' '), {
      dependencies: {
        recoverVault: (options) => {
          asked.push(options);
          const counts = { records: 1, sessions: 1, streams: 1, pointsWithoutSession: [] };
          return Promise.resolve({ ...counts, checkpoint: '', eventStore });
        },
      },
    });
    assert.equal(exitCode, 0);
    assert.deepEqual(asked[0]?.eventStore, { location: 'esdb://h', namespace: 'ours' });
    assert.match(stdout, /\nits record is at esdb:\/\/h:2113, in the namespace ours\n/);
    for (const wrong of [
      '--event-store-namespace n',
      '--region eu-west-1 --event-store esdb://h',
    ]) {
      assert.equal((await run(`recover --repository r ${wrong}`)).exitCode, 2, wrong);
    }
  });

  it('has nothing to accept when it only lists what a region of AWS has', async () => {
    const { exitCode, stderr } = await run(
      'recover --repository r --region eu-west-1 --unencrypted',
    );
    assert.equal(exitCode, 2);
    assert.match(stderr, /--unencrypted is for a new vault, and with --region none is made/);
  });
});
