import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../src/adapters/memory/object-store.ts';
import { mailboxSessions } from '../../src/format/mailbox-sessions.ts';
import type { ObjectKey } from '../../src/ports/object-store.ts';

const one = '11111111-1111-4111-8111-111111111111';
const two = '22222222-2222-4222-8222-222222222222';

describe('the sessions that have a mailbox', () => {
  it('are told once each, whatever else lies there', async () => {
    const store = createMemoryObjectStore();
    for (const key of [
      'control/-/x',
      'control/loose',
      `control/${one}/a0001/hello`,
      `control/${one}/zzz`,
      `control/${one}0/x`,
      `control/${two}/plan`,
      'control/zz/zz',
      'elsewhere/x',
    ]) {
      await store.create(key as ObjectKey, new Uint8Array(1));
    }
    assert.deepEqual(await mailboxSessions(store), [one, two]);
  });
});
