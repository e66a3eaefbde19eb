import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackupSessionEvent } from '../../../../src/domain/backup-session/backup-events.ts';
import type { InstanceId } from '../../../../src/domain/identifiers.ts';
import type { InstanceEvent } from '../../../../src/domain/instance/instance-events.ts';
import { known } from '../../../../src/domain/sensitive/sensitive.ts';
import type { TimelineEntry } from '../../../../src/engine/audit/timeline/timeline-entry.ts';
import { instanceTimeline } from '../../../../src/engine/audit/timeline/instance-timeline.ts';
import { backupAggregate } from '../../../../src/engine/backup/backup-aggregate.ts';
import { instanceAggregate } from '../../../../src/engine/instance/instance-aggregate.ts';
import type { Ledger } from '../../../../src/engine/ledger/ledger.ts';
import { instanceStream, sessionStream } from '../../../../src/engine/ledger/stream-names.ts';
import type { EventStore, RecordedEvent } from '../../../../src/ports/event-store.ts';
import { oneOfEveryEvent } from '../../../support/domain/one-of-every-event.ts';
import { atHour, sampleIds } from '../../../support/domain/sample-ids.ts';
import { fixedSensitiveKeys } from '../../../support/sensitive/fixed-sensitive-keys.ts';
import { ledgerRig } from '../../ledger/ledger-rig.ts';

const web1 = sampleIds.instance('web-1');
const sessionId = sampleIds.session('2026-01-05');
const engineId = sampleIds.engine('here');
const set = { kind: 'snapshot-set', id: sampleIds.set('old') } as const;
const byHand = { kind: 'snapshot-set', id: sampleIds.set('by-hand') } as const;
const legal = sampleIds.hold('case-4711');
const lock = sampleIds.hold('lock');

function toInstance(ledger: Ledger, instanceId: InstanceId = web1) {
  return async (...events: readonly InstanceEvent[]): Promise<void> => {
    const loaded = await ledger.load(instanceStream(instanceId), instanceAggregate);
    await ledger.append(loaded, events, 'Test', instanceAggregate);
  };
}

function toSession(ledger: Ledger) {
  return async (...events: readonly BackupSessionEvent[]): Promise<void> => {
    const loaded = await ledger.load(sessionStream(sessionId), backupAggregate);
    await ledger.append(loaded, events, 'Test', backupAggregate);
  };
}

const started = {
  type: 'SessionStarted',
  data: oneOfEveryEvent.SessionStarted,
} as const;
const placed: InstanceEvent = {
  type: 'HoldPlaced',
  data: {
    holdId: legal,
    item: set,
    hold: { kind: 'legal-hold', note: known('case 4711') },
    placedAt: atHour(1),
  },
};

function inWords({ subject, id, what, sessionId: of }: TimelineEntry): string {
  return `${subject} ${id} ${what}${of === null ? '' : ' in a session'}`;
}

describe('the timeline of an instance', () => {
  it('has what its own stream tells, between what its sessions tell, as it was recorded', async () => {
    const { ledger } = ledgerRig();
    const instance = toInstance(ledger);
    const session = toSession(ledger);
    await instance(placed);
    await instance({
      type: 'HoldPlaced',
      data: {
        holdId: lock,
        item: byHand,
        hold: { kind: 'lock', until: atHour(9) },
        placedAt: atHour(1),
      },
    });
    await instance({ type: 'SessionClaimed', data: { sessionId, engineId } });
    await session(started);
    await instance({
      type: 'ExpirySet',
      data: { item: byHand, expiresAt: null, setAt: atHour(2) },
    });
    await instance({
      type: 'RemovalsBegun',
      data: {
        sessionId,
        items: [{ kind: 'snapshot-set', id: sampleIds.set('older') }],
        withheld: [
          { item: set, holdId: legal },
          { item: byHand, holdId: null },
        ],
      },
    });
    await session({
      type: 'SnapshotRemoved',
      data: { setId: sampleIds.set('older'), snapshotIds: [] },
    });
    await instance({ type: 'SessionTakenOver', data: { sessionId, engineId } });
    await session({
      type: 'SessionFailed',
      data: oneOfEveryEvent.SessionFailed,
    });
    await instance({ type: 'SessionReleased', data: { sessionId } });
    await instance({
      type: 'HoldReleased',
      data: { holdId: legal, releasedAt: atHour(3) },
    });
    await instance({
      type: 'InstanceForgotten',
      data: { forgottenAt: atHour(4), keyId: '3350676a837b1060' },
    });
    const timeline = await instanceTimeline(ledger, web1);
    assert.deepEqual(timeline.map(inWords), [
      'snapshot-set set-old hold-placed',
      'snapshot-set set-by-hand hold-placed',
      'session session-2026-01-05 began in a session',
      'snapshot-set set-by-hand expiry-set',
      'snapshot-set set-old withheld in a session',
      'snapshot-set set-by-hand withheld in a session',
      'snapshot-set set-older removal-begun in a session',
      'snapshot-set set-older removed in a session',
      'session session-2026-01-05 taken-over in a session',
      'session session-2026-01-05 failed in a session',
      'snapshot-set set-old hold-released',
      'instance web-1 forgotten',
    ]);
    const held = {
      kind: 'hold',
      holdId: legal,
      hold: { kind: 'legal-hold', note: known('case 4711') },
    };
    const reasonsOf = (what: TimelineEntry['what']): unknown =>
      timeline.filter((one) => one.what === what).flatMap(({ reasons }) => reasons);
    assert.deepEqual(reasonsOf('hold-placed'), [
      held,
      { kind: 'hold', holdId: lock, hold: { kind: 'lock', until: atHour(9) } },
    ]);
    assert.deepEqual(reasonsOf('withheld'), [held, { kind: 'expiry', expiresAt: null }]);
    assert.deepEqual(reasonsOf('hold-released'), [held]);
    assert.deepEqual(reasonsOf('forgotten'), [
      { kind: 'key-destroyed', keyId: '3350676a837b1060' },
    ]);
  });

  it('says of a note that is forgotten that it is, and asks for no key where nothing is held', async () => {
    const rig = ledgerRig();
    await toInstance(rig.ledger)(placed);
    const asked: string[] = [];
    const { ledger } = ledgerRig({
      eventStore: rig.eventStore,
      sensitiveKeys: {
        ...fixedSensitiveKeys(),
        find: (subject) => {
          asked.push(subject);
          return Promise.resolve(null);
        },
      },
    });
    const [entry] = await instanceTimeline(ledger, web1);
    assert.deepEqual(entry?.reasons, [
      {
        kind: 'hold',
        holdId: legal,
        hold: { kind: 'legal-hold', note: { kind: 'forgotten' } },
      },
    ]);
    asked.length = 0;
    assert.deepEqual(await instanceTimeline(ledger, sampleIds.instance('web-10')), []);
    assert.deepEqual(asked, []);
  });

  it('has nothing of another instance, also of one whose name begins alike', async () => {
    const { ledger } = ledgerRig();
    await toInstance(ledger, sampleIds.instance('web-10'))(placed);
    assert.deepEqual(await instanceTimeline(ledger, web1), []);
  });

  it('remarks that an event was recorded at an earlier time than the one before it in its stream', async () => {
    const rig = ledgerRig();
    let now = atHour(10);
    const { ledger } = ledgerRig({
      eventStore: rig.eventStore,
      clock: { ...rig.clock, now: () => now },
    });
    await toInstance(ledger)({
      type: 'SessionClaimed',
      data: { sessionId, engineId },
    });
    await toSession(ledger)(started);
    now = atHour(8);
    await toSession(ledger)({
      type: 'SnapshotRequested',
      data: { setId: set.id },
    });
    await toSession(ledger)({
      type: 'WriterRegistered',
      data: oneOfEveryEvent.WriterRegistered,
    });
    now = atHour(7);
    await toInstance(ledger)({ type: 'SessionReleased', data: { sessionId } });
    const timeline = await instanceTimeline(ledger, web1);
    assert.deepEqual(timeline.map(inWords), [
      'session session-2026-01-05 began in a session',
      'clock session-session-2026-01-05 went-back in a session',
      'snapshot-set set-old requested in a session',
      'clock instance-web-1 went-back in a session',
    ]);
    assert.deepEqual(
      timeline.flatMap(({ revision, reasons }) => reasons.map((reason) => ({ revision, reason }))),
      [1, 1].map((revision) => ({
        revision,
        reason: { kind: 'recorded-before', previousAt: atHour(10) },
      })),
    );
  });

  it('goes by the times that are proven, not by where somebody has put the streams in the store', async () => {
    const rig = ledgerRig();
    let now = atHour(1);
    const clock = { ...rig.clock, now: () => now };
    const { ledger } = ledgerRig({ eventStore: rig.eventStore, clock });
    await toInstance(ledger)(placed);
    now = atHour(2);
    await toSession(ledger)(started);
    now = atHour(3);
    await toInstance(ledger)({
      type: 'HoldReleased',
      data: { holdId: legal, releasedAt: atHour(3) },
    });
    const { ledger: moved } = ledgerRig({ eventStore: sessionsFirst(rig.eventStore), clock });
    const timeline = await instanceTimeline(moved, web1);
    assert.deepEqual(timeline.map(inWords), [
      'snapshot-set set-old hold-placed',
      'session session-2026-01-05 began in a session',
      'snapshot-set set-old hold-released',
    ]);
    assert.deepEqual(timeline, await instanceTimeline(ledger, web1));
  });
});

/** Somebody has renumbered its events: each stream is whole and in order, and the sessions come first. */
function sessionsFirst(eventStore: EventStore): EventStore {
  return {
    ...eventStore,
    readStream: (stream, options) => eventStore.readStream(stream, options),
    readAll: async function* (options) {
      const all = await Array.fromAsync(eventStore.readAll(options));
      const isSession = ({ stream }: RecordedEvent): boolean => stream.startsWith('session-');
      yield* all.filter(isSession);
      yield* all.filter((record) => !isSession(record));
    },
  };
}
