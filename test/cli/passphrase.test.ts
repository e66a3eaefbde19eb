import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type CliRun, type CliRunOptions, runCliWith } from './support/run-cli-with.ts';

const vault = { SNAPLEDGER_VAULT: 'v' };

describe('the passphrase', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snapledger-passphrase-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  async function passphraseFile(content: string | Uint8Array, mode = 0o600): Promise<string> {
    const path = join(folder, 'passphrase');
    await writeFile(path, content);
    await chmod(path, mode);
    return path;
  }

  function initWith(options: CliRunOptions, ...argv: readonly string[]): Promise<CliRun> {
    return runCliWith(['init', ...argv], options);
  }

  it('comes from the file of the option, then of the environment, then from the environment', async () => {
    const path = await passphraseFile('from file');
    const env = { ...vault, SNAPLEDGER_PASSPHRASE: 'from environment' };
    const byOption = await initWith({ env }, '--passphrase-file', path);
    assert.deepEqual(byOption.passphrases, ['from file']);
    const byFile = await initWith({ env: { ...env, SNAPLEDGER_PASSPHRASE_FILE: path } });
    assert.deepEqual(byFile.passphrases, ['from file']);
    assert.deepEqual((await initWith({ env })).passphrases, ['from environment']);
  });

  it('loses one newline at the end of its file, and nothing else', async () => {
    const cases = [
      ['a b', 'a b'],
      ['a b\n', 'a b'],
      ['a b\r\n', 'a b'],
      [' a\n\n', ' a\n'],
      ['é\n', 'é'],
    ] as const;
    for (const [content, expected] of cases) {
      const path = await passphraseFile(content);
      const { passphrases, stderr } = await initWith({ env: vault }, '--passphrase-file', path);
      assert.deepEqual({ passphrases, stderr }, { passphrases: [expected], stderr: '' });
    }
  });

  it('is refused when it is empty, wherever it comes from', async () => {
    const path = await passphraseFile('\n');
    for (const options of [
      { env: { ...vault, SNAPLEDGER_PASSPHRASE_FILE: path } },
      { env: { ...vault, SNAPLEDGER_PASSPHRASE_FILE: '' } },
      { env: { ...vault, SNAPLEDGER_PASSPHRASE: '' } },
      { env: vault, keys: ['\r', '\r'] },
    ]) {
      const { exitCode, passphrases, stderr } = await initWith(options);
      assert.deepEqual({ exitCode, passphrases }, { exitCode: 2, passphrases: [] });
      assert.match(stderr, /empty/);
    }
  });

  it('is refused from a file that is missing, too long, or no text', async () => {
    const missing = await initWith({ env: vault }, '--passphrase-file', join(folder, 'none'));
    assert.match(missing.stderr, /cannot be read \(ENOENT\)/);
    const cases = [
      ['x'.repeat(4097), /larger than 4096 bytes/],
      [Uint8Array.of(0xff, 0xfe), /not UTF-8/],
    ] as const;
    for (const [content, expected] of cases) {
      const path = await passphraseFile(content);
      const run = await initWith({ env: vault }, '--passphrase-file', path);
      assert.equal(run.exitCode, 2);
      assert.match(run.stderr, expected);
    }
  });

  it('in a file that others can read is used, with a warning', async () => {
    for (const mode of [0o640, 0o604]) {
      const path = await passphraseFile('secret', mode);
      const run = await initWith({ env: vault }, '--passphrase-file', path);
      assert.equal(run.exitCode, 0);
      assert.match(run.stderr, /^snapledger: warning: other users can read .*\nchmod 600 /);
    }
  });

  it('is asked for twice when it is chosen, and never shown', async () => {
    const run = await initWith({ env: vault, keys: ['s3', 'cret\r', 's3cret\n'] });
    assert.deepEqual(run.passphrases, ['s3cret']);
    assert.equal(run.stderr, 'New passphrase: \nThe same passphrase again: \n');
    assert.doesNotMatch(run.stdout + run.stderr, /s3|cret\b/);
  });

  it('can be typed ahead, pasted, and corrected', async () => {
    for (const keys of [
      ['s3cret\rs3cret\r'],
      ['s3cret\r\ns3cret\r\n'],
      ['s3x\u007fcret\r', 'wrong\u0015s3cret\r'],
      ['s3\u001b[Dcret\r', 's3cret\r'],
    ]) {
      const run = await initWith({ env: vault, keys });
      assert.deepEqual(run.passphrases, ['s3cret'], JSON.stringify(keys));
    }
  });

  it('makes no vault when the two differ, when input ends, or after Ctrl-C', async () => {
    const cases = [
      [['one\r', 'two\r'], 2, /the two passphrases differ/],
      [['one\r'], 2, /no passphrase was typed/],
      [['one\u0004'], 2, /no passphrase was typed/],
      [['one\r', 't\u0003'], 1, /cancelled/],
    ] as const;
    for (const [keys, exitCode, expected] of cases) {
      const run = await initWith({ env: vault, keys });
      assert.deepEqual(run.passphrases, []);
      assert.equal(run.exitCode, exitCode);
      assert.match(run.stderr, expected);
    }
  });

  it('is asked for once to unlock, and only by what needs it', async () => {
    const points = await runCliWith(['points'], { env: vault, keys: ['s3cret\r'] });
    assert.deepEqual(points.passphrases, ['s3cret']);
    assert.equal(points.stderr, 'Passphrase: \n');
    const sessions = await runCliWith(['sessions'], { env: vault, keys: [] });
    assert.deepEqual({ code: sessions.exitCode, asked: sessions.stderr }, { code: 0, asked: '' });
  });

  it('that is given nowhere is an error that names the ways to give it', async () => {
    const run = await initWith({ env: vault });
    assert.equal(run.exitCode, 2);
    assert.match(run.stderr, /--passphrase-file FILE.*SNAPLEDGER_PASSPHRASE/);
  });

  it('is never taken from the command line, and not repeated in the error', async () => {
    for (const argv of [
      ['--passphrase=hunter2'],
      ['--passphrase', 'hunter2'],
      ['--password=hunter2'],
    ]) {
      const run = await initWith({ env: vault }, ...argv);
      assert.equal(run.exitCode, 2);
      assert.match(run.stderr, /never given as an argument/);
      assert.doesNotMatch(run.stderr, /hunter2/);
    }
  });
});
