import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CreateVaultOptions, EventStoreCredentials } from '../../src/index.ts';
import { type CliRun, runCliWith } from './support/run-cli-with.ts';
import { sampleFormat } from './support/sample-format.ts';

const always = { SNAPLEDGER_VAULT: 'v', SNAPLEDGER_PASSPHRASE: 'secret' };
const location = 'esdb://ledger.example:2113';

describe('a record on a server', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snapledger-event-store-'));
  });
  after(() => rm(folder, { recursive: true }));

  interface InitRun extends CliRun {
    readonly made: CreateVaultOptions | null;
    readonly credentials: EventStoreCredentials | null | undefined;
  }

  async function init(
    env: Readonly<Record<string, string>>,
    ...argv: readonly string[]
  ): Promise<InitRun> {
    let made: CreateVaultOptions | null = null;
    let credentials: EventStoreCredentials | null | undefined;
    const run = await runCliWith(['init', ...argv], {
      env: { ...always, ...env },
      dependencies: {
        createVault: async (options) => {
          made = options;
          credentials = await options.eventStoreCredentials?.();
          const { eventStore } = options;
          return {
            folder: options.folder,
            repository: { kind: 'filesystem', root: '/somewhere/v/repository' },
            recoveryKey: null,
            recoveryKeyTrouble: null,
            folderTrouble: null,
            cloud: { kind: 'local' },
            format: sampleFormat,
            eventStore:
              eventStore === undefined
                ? { kind: 'sqlite' }
                : { kind: 'kurrentdb', namespace: 'new', ...eventStore },
          };
        },
      },
    });
    return { ...run, made, credentials };
  }

  it('is made where --event-store says, and shown', async () => {
    const run = await init({}, '--event-store', location);
    assert.deepEqual(run.made?.eventStore, { location });
    assert.equal(run.credentials, null);
    assert.match(
      run.stdout,
      /its record is at esdb:\/\/ledger\.example:2113, in the namespace new/,
    );
    const json = await init(
      {},
      '--event-store',
      location,
      '--event-store-namespace',
      'ours',
      '--json',
    );
    assert.deepEqual(JSON.parse(json.stdout), {
      folder: '/somewhere/v',
      eventStore: { kind: 'kurrentdb', namespace: 'ours', location },
      repository: { kind: 'filesystem', root: '/somewhere/v/repository' },
      recoveryKey: null,
      cloud: { kind: 'local' },
      format: sampleFormat,
    });
  });

  it('has its user and password from the environment, or the password from a file', async () => {
    const file = join(folder, 'password');
    await writeFile(file, 'from file\n', { mode: 0o600 });
    const user = { SNAPLEDGER_EVENT_STORE_USER: 'backup' };
    const environment = { ...user, SNAPLEDGER_EVENT_STORE_PASSWORD: 'from environment' };
    const byEnvironment = await init(environment, '--event-store', location);
    assert.deepEqual(byEnvironment.credentials, {
      username: 'backup',
      password: 'from environment',
    });
    const both = { ...environment, SNAPLEDGER_EVENT_STORE_PASSWORD_FILE: file };
    const byFile = await init(both, '--event-store', location);
    assert.deepEqual(byFile.credentials, { username: 'backup', password: 'from file' });
  });

  for (const [what, env] of [
    ['a user without a password', { SNAPLEDGER_EVENT_STORE_USER: 'backup' }],
    ['a password without a user', { SNAPLEDGER_EVENT_STORE_PASSWORD: 'p4ss' }],
    ['an empty user', { SNAPLEDGER_EVENT_STORE_USER: '', SNAPLEDGER_EVENT_STORE_PASSWORD: 'p4ss' }],
    [
      'a password file that is not there',
      { SNAPLEDGER_EVENT_STORE_USER: 'b', SNAPLEDGER_EVENT_STORE_PASSWORD_FILE: '/nowhere' },
    ],
  ] as const) {
    it(`is refused with ${what}`, async () => {
      const run = await init(env, '--event-store', location);
      assert.equal(run.exitCode, 2);
      assert.ok(!run.stderr.includes('p4ss'));
    });
  }

  it('is refused with a password in the location, which is never repeated', async () => {
    for (const argv of [
      ['--event-store', 'esdb://admin:p4ss@ledger.example'],
      ['--event-store=esdb://admin:p4/ss#p4ss@ledger.example'],
      ['--even-store', 'esdb://admin:p4ss@ledger.example'],
    ]) {
      const run = await init({}, ...argv);
      assert.equal(run.exitCode, 2);
      assert.equal(run.made, null);
      assert.ok(!`${run.stdout}${run.stderr}`.includes('p4ss'), run.stderr);
      assert.match(run.stderr, /SNAPLEDGER_EVENT_STORE_USER/);
    }
  });

  it('needs a location for a namespace', async () => {
    const run = await init({}, '--event-store-namespace', 'ours');
    assert.equal(run.exitCode, 2);
    assert.equal(run.made, null);
  });
});
