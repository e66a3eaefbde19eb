import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';

const moduleUrl = new URL('../../src/cli/process-signals.ts', import.meta.url).href;
const signals = ['SIGINT', 'SIGTERM'] as const;

/** A program that would run for ever, and sends itself these signals, each after the one before. */
function programThatGets(first: string, second: string | null): string {
  const next = second === null ? 'process.exit(7)' : `process.kill(process.pid, '${second}')`;
  return `
    import { abortOnSignals } from '${moduleUrl}';
    const signal = abortOnSignals();
    setInterval(() => undefined, 1000);
    signal.addEventListener('abort', () => {
      process.stdout.write(signal.reason.code + ': ' + signal.reason.message);
      ${next};
    });
    process.kill(process.pid, '${first}');
  `;
}

function run(program: string): { status: number | null; stdout: string; stderr: string } {
  const argv = ['--input-type=module', '--eval', program];
  return spawnSync(process.execPath, argv, { encoding: 'utf8', timeout: 20_000 });
}

describe('Ctrl-C and SIGTERM', () => {
  for (const name of signals) {
    it(`${name} aborts, and leaves it to the session to end`, () => {
      const { status, stdout } = run(programThatGets(name, null));
      assert.deepEqual({ status, stdout }, { status: 7, stdout: `CANCELLED: stopped by ${name}` });
    });

    it(`${name} for the second time ends the program at once, and says what cleans up`, () => {
      const { status, stderr } = run(programThatGets('SIGINT', name));
      assert.equal(status, 1);
      assert.match(stderr, /stopped without cleaning up\n'snapledger resume'/);
    });
  }
});
