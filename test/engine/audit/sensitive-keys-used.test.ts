import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { known } from '../../../src/domain/sensitive/sensitive.ts';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import type { InstanceEvent } from '../../../src/domain/instance/instance-events.ts';
import { SensitiveKeysUsed } from '../../../src/engine/audit/sensitive-keys-used.ts';
import { instanceCatalogue } from '../../../src/engine/ledger/event-catalogues.ts';
import { encodeEvent, encodeEventData } from '../../../src/engine/ledger/event-codec.ts';
import { genesisHash } from '../../../src/engine/ledger/record-hash.ts';
import type { StreamRecord } from '../../../src/engine/ledger/record-bytes.ts';
import { atHour } from '../../support/domain/sample-ids.ts';
import {
  fixedSensitiveKey,
  sealWithFixedKey,
} from '../../support/sensitive/fixed-sensitive-keys.ts';

const subject = 'instance-web-1';
const key = fixedSensitiveKey(subject);

function recordOf(
  type: string,
  recordedAt: TimestampMs,
  { data, schemaVersion }: { readonly data: Uint8Array; readonly schemaVersion: number },
): StreamRecord {
  return {
    id: '00000000-0000-5000-8000-000000000000',
    type,
    data,
    metadata: {
      schemaVersion,
      recordedAt,
      actor: 'tester',
      engineVersion: '0.1.0',
      cause: 'a test',
      previousHash: genesisHash,
    },
    stream: subject as StreamRecord['stream'],
    revision: 0 as StreamRecord['revision'],
  };
}

/** Something is sealed with the key, at 10 o'clock. */
const sealed = recordOf(
  'TagsSeen',
  atHour(10),
  encodeEvent<InstanceEvent>(
    { type: 'TagsSeen', data: { tags: known([{ key: 'owner', value: 'somebody' }]) } },
    instanceCatalogue,
    sealWithFixedKey(subject, 'TagsSeen', subject),
  ),
);

function forgottenAt(hour: number, keyId: string | null): StreamRecord {
  const at = atHour(hour);
  const event = { type: 'InstanceForgotten', data: { forgottenAt: at, keyId } } as const;
  return recordOf(event.type, at, encodeEvent<InstanceEvent>(event, instanceCatalogue));
}

function forgottenByVersion1(hour: number): StreamRecord {
  const forgottenMoment = atHour(hour);
  const event = { type: 'InstanceForgotten', data: { forgottenAt: forgottenMoment } };
  const data = encodeEventData(event);
  return recordOf(event.type, forgottenMoment, { data, schemaVersion: 1 });
}

function forgottenByLaterVersion(hour: number): StreamRecord {
  const record = forgottenAt(hour, key.id);
  return { ...record, metadata: { ...record.metadata, schemaVersion: 99 } };
}

async function found(
  forgettings: readonly StreamRecord[],
  whereTheKeyIs: 'there' | 'gone',
): Promise<readonly string[]> {
  const used = new SensitiveKeysUsed();
  for (const record of [sealed, ...forgettings]) used.note(record);
  const find = (): Promise<typeof key | null> =>
    Promise.resolve(whereTheKeyIs === 'there' ? key : null);
  return (await used.tamperings({ find })).map(({ kind }) => kind);
}

describe('the key of sensitive fields that records name', () => {
  const missing = ['sensitive-key-missing'];
  const left = ['sensitive-key-left'];
  const cases: readonly [
    what: string,
    forgettings: readonly StreamRecord[],
    ifGone: readonly string[],
    ifThere: readonly string[],
  ][] = [
    ['was never forgotten', [], missing, []],
    ['is named by a forgetting', [forgottenAt(12, key.id)], [], left],
    ['is another one than was forgotten', [forgottenAt(12, 'another')], missing, []],
    [
      'is named by the second forgetting',
      [forgottenAt(9, 'another'), forgottenAt(12, key.id)],
      [],
      left,
    ],
    ['was in use before a forgetting without a readable key', [forgottenAt(12, null)], [], left],
    ['was made after a forgetting without a readable key', [forgottenAt(9, null)], missing, []],
    ['was in use before a forgetting of version 1', [forgottenByVersion1(12)], [], left],
    ['was made after a forgetting of version 1', [forgottenByVersion1(9)], [], []],
    ['was in use before a forgetting of a later version', [forgottenByLaterVersion(12)], [], []],
    ['was made after a forgetting of a later version', [forgottenByLaterVersion(9)], [], []],
  ];
  for (const [what, forgettings, ifGone, ifThere] of cases) {
    it(`that ${what}`, async () => {
      assert.deepEqual(await found(forgettings, 'gone'), ifGone);
      assert.deepEqual(await found(forgettings, 'there'), ifThere);
    });
  }
});
