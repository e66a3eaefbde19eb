import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import {
  conditionOf,
  formatIdentity,
  identityOf,
  isRunning,
  ownIdentity,
  parseIdentity,
} from '../../src/platform/process-identity.ts';

describe('the identity of a process', () => {
  it('survives being a part of a file name', () => {
    assert.deepEqual(parseIdentity(formatIdentity(ownIdentity())), ownIdentity());
    for (const text of ['', '1-2', '1-2-x', `a-1-${'0'.repeat(32)}`]) {
      assert.equal(parseIdentity(text), null);
    }
  });

  it('is that of a living process until it ends', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
    assert.ok(child.pid !== undefined);
    const identity = identityOf(child.pid);
    assert.ok(identity !== null);
    assert.equal(conditionOf(identity), 'running');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(conditionOf(identity), 'ended');
    assert.equal(identityOf(child.pid), null);
  });

  it('is not that of another process under the same pid, nor of the same pid of another boot', () => {
    assert.equal(conditionOf(ownIdentity()), 'running');
    assert.equal(conditionOf({ ...ownIdentity(), startTicks: 1 }), 'ended');
    assert.equal(conditionOf({ ...ownIdentity(), bootId: '0'.repeat(32) }), 'other-boot');
    assert.equal(isRunning({ ...ownIdentity(), bootId: '0'.repeat(32) }), false);
  });

  it('of another PID namespace of this boot counts as living, whatever runs under its pid here', () => {
    const foreign = { ...ownIdentity(), startTicks: 1, pidNamespace: '1' };
    assert.equal(conditionOf(foreign), 'other-namespace');
    assert.equal(isRunning(foreign), true);
    assert.equal(isRunning({ ...foreign, bootId: '0'.repeat(32) }), false);
  });
});
