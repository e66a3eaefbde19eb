import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TimestampMs } from '../../src/index.ts';
import { runCliWith } from './support/run-cli-with.ts';

/** Later than what the examples tell of as past, earlier than what they set for the future. */
const examplesAreReadAt = Date.UTC(2026, 11, 1) as TimestampMs;

const commands = [
  'init',
  'instance add',
  'instance forget',
  'instance list',
  'instance tag',
  'policy set',
  'policy show',
  'policy list',
  'policy apply',
  'policy validate',
  'policy simulate',
  'policy run',
  'policy remove',
  'policy schema',
  'backup',
  'run',
  'resume',
  'sessions',
  'snapshots',
  'points',
  'gc plan',
  'gc run',
  'gc repack',
  'gc merge',
  'restore',
  'export',
  'serve',
  'replay',
  'verify',
  'repair',
  'audit sessions',
  'audit replay',
  'audit diff',
  'audit timeline',
  'audit why',
  'audit export',
  'audit verify',
  'audit key',
  'audit seal',
  'audit witness',
  'key list',
  'key add',
  'key change',
  'key remove',
  'key rotate',
  'recover',
  'reconcile',
  'aws policy',
  'aws trust',
] as const;

describe('help', () => {
  for (const command of commands) {
    it(`of '${command}' teaches with examples that run`, async () => {
      const help = await runCliWith([...command.split(' '), '--help']);
      assert.equal(help.exitCode, 0);
      assert.equal(help.stderr, '');
      const examples = examplesIn(help.stdout);
      assert.ok(examples.length > 0, 'there is an example');
      for (const example of examples) {
        assert.equal(example.slice(0, command.split(' ').length).join(' '), command);
        await assertUnderstood(example);
      }
    });
  }

  it('of the program names every command, the exit codes, and examples that run', async () => {
    const help = await runCliWith(['--help']);
    assert.equal(help.exitCode, 0);
    for (const command of commands) {
      const [group = ''] = command.split(' ');
      assert.match(help.stdout, new RegExp(`^  ${group} `, 'm'));
    }
    assert.match(
      help.stdout,
      /Exit codes:\n {2}0 {2}done\n {2}1 {2}failed.*\n {2}2 {2}usage.*\n {2}3 {2}done with warnings/,
    );
    const examples = examplesIn(help.stdout);
    assert.ok(examples.length >= 4);
    for (const example of examples) await assertUnderstood(example);
  });

  it('fits 100 columns', async () => {
    for (const command of ['', ...commands]) {
      const argv = [...command.split(' ').filter((word) => word !== ''), '--help'];
      const { stdout } = await runCliWith(argv);
      assert.deepEqual(
        stdout.split('\n').filter((line) => line.length > 100),
        [],
      );
    }
  });

  it('is shown on stderr, as wrong usage, when no command is given', async () => {
    for (const argv of [[], ['instance'], ['policy'], ['audit'], ['key']]) {
      const { exitCode, stdout, stderr } = await runCliWith(argv);
      assert.equal(exitCode, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /^Usage: snapledger/);
    }
  });

  it('knows the version', async () => {
    assert.equal((await runCliWith(['--version'])).stdout, '1.2.3\n');
  });
});

describe('docs/cli.md', () => {
  it('shows only commands that the program understands, and shows every command', async () => {
    const guide = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');
    const lines = guide.matchAll(/^\$ snapledger (.*?)(?:\s+#.*|\s+[|>].*)?$/gm);
    const examples = [...lines].map(([, line = '']) => line.split(' '));
    for (const example of examples) await assertUnderstood(example);
    for (const command of commands) {
      const shown = examples.some((words) => words.join(' ').startsWith(command));
      assert.ok(shown, `the guide has an example of '${command}'`);
    }
  });
});

function examplesIn(help: string): readonly (readonly string[])[] {
  const lines = help.matchAll(/^ {2}\$ snapledger (.*)$/gm);
  return [...lines].map(([, line = '']) => line.split(' '));
}

/** Exit code 2 is what a command line gets that is not understood. */
async function assertUnderstood(argv: readonly string[]): Promise<void> {
  const passphraseFile = argv.some((argument) => /^--(new-)?passphrase-file$/.test(argument));
  // The examples name a file with policies; docs/ has one.
  const workingFolder = fileURLToPath(new URL('../../docs', import.meta.url));
  const now = (): TimestampMs => examplesAreReadAt;
  const env = {
    SNAPLEDGER_VAULT: 'v',
    SNAPLEDGER_PASSPHRASE: 'secret',
    SNAPLEDGER_NEW_PASSPHRASE: 'new secret',
  };
  const dependencies = { workingFolder, now };
  // What serves goes on until somebody stops it.
  const stopped = argv[0] === 'serve' ? { signal: AbortSignal.abort() } : {};
  const { exitCode, stderr } = await runCliWith(argv, { env, dependencies, ...stopped });
  // The auditor's, which is nowhere here.
  if (argv.includes('--key-file')) assert.match(stderr, /public key .* cannot be read/);
  else if (passphraseFile) assert.match(stderr, /passphrase file .* cannot be read/);
  else assert.notEqual(exitCode, 2, `'snapledger ${argv.join(' ')}': ${stderr}`);
}
