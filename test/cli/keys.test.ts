import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  type CreatedVault,
  SnapledgerError,
  type VaultKeys,
  type VaultKeysOptions,
} from '../../src/index.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';
import {
  fakeVaultKeys,
  samplePassphraseSlot,
  sampleRecoverySlot,
  sampleSlotList,
} from './support/fake-vault-keys.ts';
import { type CliRun, type CliRunOptions, runCliWith } from './support/run-cli-with.ts';
import { sampleFormat } from './support/sample-format.ts';

const env = { SNAPLEDGER_VAULT: 'v', SNAPLEDGER_PASSPHRASE: 'secret' };

interface KeyRun extends CliRun {
  /** What was asked of the keys of the vault, and with what. */
  readonly asked: readonly unknown[];
}

async function runKey(
  line: string,
  { keys, ...options }: CliRunOptions & { readonly content?: Partial<VaultKeys> } = {},
): Promise<KeyRun> {
  const asked: unknown[] = [];
  const note = <Method extends keyof VaultKeys>(name: Method): VaultKeys[Method] => {
    const method = fakeVaultKeys(options.content)[name] as (...given: unknown[]) => unknown;
    return ((...given: unknown[]) => {
      asked.push([name, ...given]);
      return method(...given);
    }) as VaultKeys[Method];
  };
  const run = await runCliWith(['key', ...line.split(' ')], {
    env,
    ...(keys === undefined ? {} : { keys }),
    ...options,
    dependencies: {
      vaultKeys: (opened: VaultKeysOptions) => {
        asked.push(opened);
        return {
          list: note('list'),
          addPassphrase: note('addPassphrase'),
          addRecoveryKey: note('addRecoveryKey'),
          changePassphrase: note('changePassphrase'),
          remove: note('remove'),
          rotateMasterKey: note('rotateMasterKey'),
        };
      },
      ...options.dependencies,
    },
  });
  return { ...run, asked };
}

const opened = { folder: '/somewhere/v', passphrase: 'secret' };

describe("'key list'", () => {
  it('shows what opens the vault, which one was used, and nothing that is secret', async () => {
    const { stdout, exitCode } = await runKey('list');
    assert.equal(exitCode, 0);
    assert.match(stdout, /^ID +KIND +MADE +LABEL\n0a1b2c3d +passphrase .* passphrase \(used now\)/);
    assert.match(stdout, /0a1b9999 +recovery key .* safe\n/);
    assert.match(stdout, /master key: never rotated/);
  });

  it('tells of rotations, and of a passphrase that cannot be taken away', async () => {
    const list = { ...sampleSlotList, rotations: 2, firstPassphrase: 'permanent' } as const;
    const { stdout } = await runKey('list', { content: { list: () => Promise.resolve(list) } });
    assert.match(stdout, /master key: rotated 2 times, last 2026-03-29/);
    assert.match(stdout, /stays in its header, and cannot be removed/);
  });

  it('for programs is an object with times in ISO 8601', async () => {
    const { stdout } = await runKey('list --json');
    const { slots, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
    assert.equal((slots as readonly unknown[]).length, 2);
    assert.deepEqual(rest, {
      openedId: '0a1b2c3d',
      rotations: 0,
      masterKeyCreatedAt: '2026-03-29T12:00:00.000Z',
      firstPassphrase: 'removable',
    });
  });
});

describe("'key add'", () => {
  it('takes the new passphrase from its own sources, in the order of the other', async () => {
    await using folder = await makeTemporaryFolder();
    const file = join(folder.path, 'new');
    await writeFile(file, 'from file\n');
    await chmod(file, 0o600);
    const byOption = { ...env, SNAPLEDGER_NEW_PASSPHRASE: 'from environment' };
    const cases = [
      [byOption, `add --new-passphrase-file ${file}`, 'from file'],
      [{ ...byOption, SNAPLEDGER_NEW_PASSPHRASE_FILE: file }, 'add', 'from file'],
      [byOption, 'add', 'from environment'],
    ] as const;
    for (const [environment, line, expected] of cases) {
      const { asked, exitCode } = await runKey(line, { env: environment });
      assert.equal(exitCode, 0);
      const added = { passphrase: expected, label: 'passphrase' };
      assert.deepEqual(asked, [opened, ['addPassphrase', added]]);
    }
  });

  it('asks on the terminal for what is not given, all at once', async () => {
    const both = { SNAPLEDGER_VAULT: 'v' };
    const run = await runKey('add --label Zoe', { env: both, keys: ['old\rnew\rnew\r'] });
    assert.equal(run.exitCode, 0, run.stderr);
    assert.deepEqual(run.asked, [
      { ...opened, passphrase: 'old' },
      ['addPassphrase', { passphrase: 'new', label: 'Zoe' }],
    ]);
    assert.equal(
      run.stderr.replaceAll('\n', ''),
      'Passphrase: New passphrase: The same passphrase again: ',
    );

    const onlyNew = await runKey('add', { keys: ['new\rnew\r'] });
    assert.deepEqual(onlyNew.asked[1], [
      'addPassphrase',
      { passphrase: 'new', label: 'passphrase' },
    ]);

    const newGiven = { ...both, SNAPLEDGER_NEW_PASSPHRASE: 'new' };
    const onlyOld = await runKey('add', { env: newGiven, keys: ['old\r'] });
    assert.deepEqual(onlyOld.asked[0], { ...opened, passphrase: 'old' });
  });

  it('does nothing when the two differ, when one is empty, or when there is none', async () => {
    for (const [keys, expected] of [
      [['new\rother\r'], /differ/],
      [['\r\r'], /empty/],
      [null, /no new passphrase is given/],
    ] as const) {
      const { exitCode, asked, stderr } = await runKey('add', { keys });
      assert.deepEqual([exitCode, asked], [2, []]);
      assert.match(stderr, expected);
    }
  });

  it('never takes a secret as an argument, and does not repeat it', async () => {
    for (const argument of ['--new-passphrase=hunter2', '--recovery-key=SLRK1-hunter2']) {
      const { exitCode, asked, stderr } = await runKey(`add ${argument}`);
      assert.deepEqual([exitCode, asked], [2, []]);
      assert.match(stderr, /never given as an argument/);
      assert.doesNotMatch(stderr, /hunter2/);
    }
  });

  it('makes a recovery key and shows it', async () => {
    const { stdout, asked } = await runKey('add --recovery --label safe');
    assert.deepEqual(asked, [opened, ['addRecoveryKey', 'safe']]);
    assert.match(stdout, /recovery key, shown only now:\n {2}SLRK1-MADE-UP\n/);
    const json = JSON.parse((await runKey('add --recovery --json')).stdout) as unknown;
    assert.deepEqual(json, {
      ...sampleRecoverySlot,
      label: 'recovery key',
      createdAt: '2026-03-29T12:00:00.000Z',
      recoveryKey: 'SLRK1-MADE-UP',
    });
    const both = await runKey('add --recovery --new-passphrase-file x');
    assert.deepEqual([both.exitCode, both.asked], [2, []]);
  });

  it('says that a recovery key is lost when it could not be shown', async () => {
    const full = {
      isTerminal: false,
      columns: 100,
      write: () => Promise.reject(new SnapledgerError('OUTPUT_FAILED', 'there is no room')),
    };
    const run = await runKey('add --recovery', { dependencies: { stdout: full } });
    assert.equal(run.exitCode, 3);
    assert.match(run.stderr, /recovery key is lost.*key add --recovery/s);
  });
});

describe('a change of keys after which something went wrong', () => {
  const error = new SnapledgerError('STORE_ACCESS_DENIED', 'removing is not allowed', {
    remedy: 'Allow it.',
  });
  const recoveryKey = 'SLRK1-MADE-UP';
  const content: Partial<VaultKeys> = {
    addRecoveryKey: () =>
      Promise.resolve({
        slot: sampleRecoverySlot,
        recoveryKey,
        afterwards: { inForce: 'yes', error },
      }),
    rotateMasterKey: () =>
      Promise.resolve({
        rotations: 1,
        recoveryKey: { slot: sampleRecoverySlot, recoveryKey },
        removed: [],
        afterwards: { inForce: 'unknown', error },
      }),
    changePassphrase: () =>
      Promise.resolve({ ...samplePassphraseSlot, afterwards: { inForce: 'yes', error } }),
    addPassphrase: () =>
      Promise.resolve({ ...samplePassphraseSlot, afterwards: { inForce: 'yes', error } }),
    remove: () => Promise.resolve({ ...sampleRecoverySlot, afterwards: { inForce: 'yes', error } }),
  };

  it('is told with its result, a recovery key included, and a warning', async () => {
    const withNew = { ...env, SNAPLEDGER_NEW_PASSPHRASE: 'new' };
    for (const [line, shown, warning] of [
      ['add --recovery', /SLRK1-MADE-UP/, /is added, but the key slots of before could not be/],
      ['rotate', /SLRK1-MADE-UP/, /is rotated, but it could not be found out .*key list/s],
      ['change', /^passphrase changed/, /is changed, but the key slots of before/],
      ['add', /added/, /is added, but the key slots of before/],
      ['remove 0a1b9999', /removed/, /is removed, but the key slots of before/],
    ] as const) {
      const { stdout, stderr, exitCode } = await runKey(line, { content, env: withNew });
      assert.equal(exitCode, 3, line);
      assert.match(stdout, shown);
      assert.match(stderr, warning);
      assert.match(stderr, /removing is not allowed\n.* Allow it\./);
      const json = await runKey(`${line} --json`, { content, env: withNew });
      assert.ok(!('afterwards' in (JSON.parse(json.stdout) as object)), line);
    }
  });

  it('has no recovery key that could be lost when a rotation made none', async () => {
    const none: VaultKeys['rotateMasterKey'] = () =>
      Promise.resolve({ rotations: 1, recoveryKey: null, removed: [], afterwards: null });
    const full = {
      isTerminal: false,
      columns: 100,
      write: () => Promise.reject(new SnapledgerError('OUTPUT_FAILED', 'there is no room')),
    };
    const run = await runKey('rotate', {
      content: { rotateMasterKey: none },
      dependencies: { stdout: full },
    });
    assert.equal(run.exitCode, 3);
    assert.match(run.stderr, /Nothing has to be done again/);
    assert.doesNotMatch(run.stderr, /recovery key/);
  });
});

describe("the recovery key that 'init' makes", () => {
  const error = new SnapledgerError('STORE_UNAVAILABLE', 'its name could not be made durable', {
    remedy: 'Look at the disk.',
  });
  const made: CreatedVault = {
    folder: '/somewhere/v',
    eventStore: { kind: 'sqlite' },
    repository: { kind: 'filesystem', root: '/somewhere/v/repository' },
    recoveryKey: 'SLRK1-MADE-UP',
    recoveryKeyTrouble: null,
    folderTrouble: null,
    cloud: { kind: 'local' },
    format: sampleFormat,
  };
  const init = (vault: CreatedVault, stdout?: CliRunOptions['dependencies']): Promise<CliRun> =>
    runCliWith(['init'], {
      env,
      dependencies: { createVault: () => Promise.resolve(vault), ...stdout },
    });

  it('is shown, with a warning, when something went wrong after it was made', async () => {
    for (const [trouble, warning] of [
      [{ folderTrouble: error }, /warning: its name could not be made durable\nLook at the disk/],
      [
        { recoveryKeyTrouble: { inForce: 'yes', error } },
        /warning: the recovery key is added, but the key slots of before could not be removed/,
      ],
    ] as const) {
      const { stdout, stderr, exitCode } = await init({ ...made, ...trouble });
      assert.equal(exitCode, 3);
      assert.match(stdout, /SLRK1-MADE-UP/);
      assert.match(stderr, warning);
    }
    assert.equal((await init(made)).exitCode, 0);
  });

  it('is called lost when it could not be shown, and only if there is one', async () => {
    const full = {
      isTerminal: false,
      columns: 100,
      write: () => Promise.reject(new SnapledgerError('OUTPUT_FAILED', 'there is no room')),
    };
    assert.match((await init(made, { stdout: full })).stderr, /recovery key is lost/);
    const without = await init({ ...made, recoveryKey: null }, { stdout: full });
    assert.equal(without.exitCode, 3);
    assert.doesNotMatch(without.stderr, /recovery key/);
  });
});

describe("'key change', 'key remove' and 'key rotate'", () => {
  const withNew = { ...env, SNAPLEDGER_NEW_PASSPHRASE: 'new' };

  it('change the passphrase', async () => {
    const { asked, stdout } = await runKey('change', { env: withNew });
    assert.deepEqual(asked, [opened, ['changePassphrase', 'new']]);
    assert.match(stdout, /^passphrase changed/);
  });

  it('remove the key whose id begins so, and none when there are several', async () => {
    const { asked, stdout } = await runKey('remove 0a1b9');
    assert.deepEqual(asked, [opened, ['list'], ['remove', sampleRecoverySlot.id]]);
    assert.match(stdout, /^key 0a1b9999 removed: the recovery key \(safe\)/);
    const several = await runKey('remove 0a1b');
    assert.equal(several.exitCode, 1);
    assert.deepEqual(several.asked, [opened, ['list']]);
    assert.match(several.stderr, /several keys/);
  });

  it('keep other passphrases unless told to let them go', async () => {
    assert.deepEqual((await runKey('rotate')).asked[1], ['rotateMasterKey', 'keep']);
    const { asked, stdout } = await runKey('rotate --remove-others');
    assert.deepEqual(asked[1], ['rotateMasterKey', 'remove']);
    assert.match(stdout, /the recovery key 0a1b9999 \(safe\) opens the vault no more/);
    assert.match(stdout, /SLRK1-MADE-UP/);
    assert.match(stdout, /Start programs again/);
  });

  it('say what is wrong and what to do', async () => {
    const refused: VaultKeys['remove'] = () =>
      Promise.reject(new SnapledgerError('LAST_KEY_SLOT', 'it is the last one'));
    const run = await runKey(`remove ${samplePassphraseSlot.id}`, { content: { remove: refused } });
    assert.equal(run.exitCode, 1);
    assert.match(run.stderr, /it is the last one\n.*snapledger key add/);
  });
});
