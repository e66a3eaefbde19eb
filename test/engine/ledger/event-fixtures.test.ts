import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import {
  decodeEvent,
  encodeEvent,
  encodeEventData,
} from '../../../src/engine/ledger/event-codec.ts';
import {
  type AnyEvent,
  type OneOfEvery,
  oneOfEveryEvent,
} from '../../support/domain/one-of-every-event.ts';
import { known } from '../../../src/domain/sensitive/sensitive.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';
import { everyCatalogue, type EventFixture, recordedEvent } from './recorded-event.ts';
import {
  openWithFixedKey,
  sealWithFixedKey,
} from '../../support/sensitive/fixed-sensitive-keys.ts';

/** A policy of version 1 kept all points, ran on demand only and knew its instances by name. */
const upcastPolicy: BackupPolicy = {
  policyId: sampleIds.policy('nightly'),
  priority: 0,
  selection: {
    include: { kind: 'instances', instanceIds: [sampleIds.instance('web-1')] },
    exclude: null,
  },
  volumes: { roles: 'all', exclude: [] },
  timeZone: 'UTC',
  snapshots: {
    schedules: [],
    retention: { count: 7, age: null, gfs: null },
    baseMoves: 'before-retention',
    volumeTags: 'leave',
  },
  replicas: [],
  image: {
    level: 'on',
    changedBlockTracking: 'on',
    compression: 'balanced',
    transport: 'worker',
    schedules: [],
    retention: { count: null, age: null, gfs: null },
    workers: { types: [], market: 'on-demand' },
  },
  window: null,
  missedRuns: 'run-once',
  retry: { attemptsMax: 1, waitMinutes: 10 },
};

/** Of an image: its place names no volume. */
const volumeRestoredBefore = {
  ...oneOfEveryEvent.VolumeRestored,
  location: known('restored/xvda.img'),
  resourceId: null,
};

/** Nothing was known of instances that cannot be read. */
const instancesResolvedBefore: OneOfEvery['InstancesResolved'] = {
  ...oneOfEveryEvent.InstancesResolved,
  skipped: oneOfEveryEvent.InstancesResolved.skipped.filter(
    ({ reason }) => reason.kind !== 'unreadable',
  ),
};

/** Nothing was locked. */
const collectionPlannedBefore: OneOfEvery['CollectionPlanned'] = {
  ...oneOfEveryEvent.CollectionPlanned,
  held: { objects: 0, bytes: 0, until: null },
};

const targetBefore = { region: sampleIds.region('eu-west-1'), keyId: null, account: null };

/** Copies went to the account of the instances. */
const copiesBefore: Partial<OneOfEvery> = {
  SessionStarted: { ...oneOfEveryEvent.SessionStarted, replicaTargets: [targetBefore] },
  ReplicaRequested: { ...oneOfEveryEvent.ReplicaRequested, target: targetBefore },
  ReplicaStarted: { ...oneOfEveryEvent.ReplicaStarted, target: targetBefore },
  Replicated: { ...oneOfEveryEvent.Replicated, target: targetBefore },
  ReplicaFailed: { ...oneOfEveryEvent.ReplicaFailed, target: targetBefore, stillShared: null },
  PolicySet: { policy: { ...oneOfEveryEvent.PolicySet.policy, replicas: [] } },
  PolicyRunStarted: {
    ...oneOfEveryEvent.PolicyRunStarted,
    parts: { ...oneOfEveryEvent.PolicyRunStarted.parts, replicas: [targetBefore] },
  },
};

/** What the fixtures say of types that have a newer version by now. */
const inTodaysTerms: Partial<OneOfEvery> = {
  SessionStarted: {
    ...oneOfEveryEvent.SessionStarted,
    policy: upcastPolicy,
    pointKind: 'incremental',
    replicaTargets: [],
  },
  InstanceInspected: { ...oneOfEveryEvent.InstanceInspected, excluded: [], notices: [] },
  WorkerLaunched: { ...oneOfEveryEvent.WorkerLaunched, instanceType: null, market: 'on-demand' },
  RetentionDecided: {
    decidedAt: null,
    keepReasons: [
      { kind: 'within-count', keep: 7 },
      { kind: 'cbt-base', pointId: sampleIds.session('2026-01-05') },
      { kind: 'in-use', sessionId: sampleIds.session('other') },
    ],
    removeReasons: [{ kind: 'beyond-count', keep: 7 }, { kind: 'incomplete' }],
    snapshots: {
      keep: [
        { id: sampleIds.set('2026-01-04'), takenAt: atHour(-17), reasons: [2] },
        { id: sampleIds.set('2026-01-05'), takenAt: atHour(7.01), reasons: [0, 1] },
      ],
      remove: [
        { id: sampleIds.set('2025-12-29'), takenAt: atHour(-161), reasons: [0] },
        { id: sampleIds.set('torn'), takenAt: atHour(-40), reasons: [1] },
      ],
    },
    replicas: { keep: [], remove: [] },
    points: { dependency: 'independent', keep: [], expire: [] },
    unlisted: 0,
    postponed: 0,
  },
  PolicySet: { policy: upcastPolicy },
  RestoreStarted: oneOfEveryEvent.RestoreStarted,
  VolumeRestored: volumeRestoredBefore,
  RestoreCompleted: { ...oneOfEveryEvent.RestoreCompleted, warnings: [] },
};

/** The same of what came later. */
const laterInTodaysTerms: Partial<OneOfEvery> = {
  ...copiesBefore,
  InstanceInspected: { ...oneOfEveryEvent.InstanceInspected, notices: [] },
  TagsSeen: oneOfEveryEvent.TagsSeen,
  VolumeRestored: volumeRestoredBefore,
  HoldPlaced: oneOfEveryEvent.HoldPlaced,
  InstancesResolved: instancesResolvedBefore,
  InstanceForgotten: { ...oneOfEveryEvent.InstanceForgotten, keyId: null },
  RepositorySessionStarted: oneOfEveryEvent.RepositorySessionStarted,
  CollectionPlanned: collectionPlannedBefore,
};

function decoded(fixture: Omit<EventFixture, 'data'>): AnyEvent {
  const recorded = recordedEvent(fixture);
  return decodeEvent(recorded, everyCatalogue, openWithFixedKey(recorded.stream, recorded.type));
}

/** The last version before today's of a type that has had several since. */
function olderInTodaysTerms({ type, schemaVersion }: EventFixture): unknown {
  return type === 'SessionStarted' && schemaVersion === 4
    ? oneOfEveryEvent[type]
    : laterInTodaysTerms[type];
}

function isTodays({ type, schemaVersion }: EventFixture): boolean {
  return everyCatalogue[type].schemaVersion === schemaVersion;
}

async function fixturesOf(file: string): Promise<readonly EventFixture[]> {
  const url = new URL(`../../fixtures/events/${file}`, import.meta.url);
  return JSON.parse(await readFile(url, 'utf8')) as readonly EventFixture[];
}

const fixtures = await fixturesOf('v1.json');
/** Types, and versions of types, that came later: with the second to sixth version of the ledger's events. */
const laterFixtures = [
  ...(await fixturesOf('v2.json')),
  ...(await fixturesOf('v3.json')),
  ...(await fixturesOf('v4.json')),
  ...(await fixturesOf('direct-reads.json')),
  ...(await fixturesOf('restored-volumes.json')),
  ...(await fixturesOf('v5.json')),
  ...(await fixturesOf('restore-sources.json')),
  ...(await fixturesOf('restored-instances.json')),
  ...(await fixturesOf('repacking.json')),
  ...(await fixturesOf('repairs.json')),
  ...(await fixturesOf('repository-sessions.json')),
  ...(await fixturesOf('workers-and-tags.json')),
  ...(await fixturesOf('v6.json')),
  ...(await fixturesOf('restores-with-warnings.json')),
  ...(await fixturesOf('unreadable-instances.json')),
  ...(await fixturesOf('restores-to-original.json')),
  ...(await fixturesOf('locked-points.json')),
  ...(await fixturesOf('merging.json')),
  ...(await fixturesOf('copies-to-accounts.json')),
  ...(await fixturesOf('adoptions.json')),
];

describe('an event that was written with version 1', () => {
  for (const fixture of fixtures) {
    it(`is still readable: ${fixture.type}`, () => {
      const { type, data } = fixture;
      assert.deepEqual(decoded(fixture), { type, data: inTodaysTerms[type] ?? data });
    });
  }

  it('is upcast exactly when its type has a newer version', () => {
    for (const { type, schemaVersion } of fixtures) {
      const isOld = everyCatalogue[type].schemaVersion > schemaVersion;
      assert.equal(type in inTodaysTerms, isOld, type);
    }
  });

  it('is there for every type that has a version 1', () => {
    const first = [...fixtures, ...laterFixtures].filter(
      ({ schemaVersion }) => schemaVersion === 1,
    );
    const types = first.map(({ type }) => type);
    assert.deepEqual(types.toSorted(), Object.keys(everyCatalogue).toSorted());
  });
});

describe('an event that was written with versions 2 to 6 of the ledger', () => {
  for (const fixture of laterFixtures) {
    it(`is still readable: ${fixture.type}`, () => {
      const { type, data } = fixture;
      const todays = isTodays(fixture) ? data : olderInTodaysTerms(fixture);
      assert.deepEqual(decoded(fixture), { type, data: todays });
    });
  }

  it('is there for every version that came with them', () => {
    for (const [type, { schemaVersion }] of Object.entries(everyCatalogue)) {
      for (let version = 1; version <= schemaVersion; version += 1) {
        const known = [...fixtures, ...laterFixtures].filter(
          (one) => one.type === type && one.schemaVersion === version,
        );
        assert.equal(known.length, 1, `${type} ${version}`);
      }
    }
  });

  it('says everything that such an event says today', () => {
    for (const { type, data } of laterFixtures.filter(isTodays)) {
      assert.deepEqual(data, oneOfEveryEvent[type], type);
    }
  });
});

describe('the encoding of events', () => {
  it('keeps every value, the large and the empty ones too', () => {
    for (const fixture of fixtures) {
      const { type } = fixture;
      const seal = sealWithFixedKey('session-fixture', type, 'instance-web-1');
      const event = { type, data: oneOfEveryEvent[type] };
      const { data, schemaVersion } = encodeEvent(event, everyCatalogue, seal);
      const dataHex = Buffer.from(data).toString('hex');
      assert.deepEqual(decoded({ type, schemaVersion, dataHex }), event);
    }
  });

  it('is plain msgpack: maps with the names of the fields, without extensions', () => {
    const data = encodeEventData({ type: 'X', data: { setId: 'a', count: 3, none: null } });
    assert.equal(
      Buffer.from(data).toString('hex'),
      // map16(3) "setId" "a" "count" 3 "none" nil
      'de0003' + 'a57365744964a161' + 'a5636f756e7403' + 'a46e6f6e65c0',
    );
  });
});
