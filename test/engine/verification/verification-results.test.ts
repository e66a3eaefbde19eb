import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { PointId, TimestampMs } from '../../../src/domain/identifiers.ts';
import type { RepositorySessionEvent } from '../../../src/domain/repository-session/repository-events.ts';
import { repositoryAggregate } from '../../../src/engine/repository-session/repository-aggregate.ts';
import type { Ledger } from '../../../src/engine/ledger/ledger.ts';
import { sessionStream, verificationsStream } from '../../../src/engine/ledger/stream-names.ts';
import {
  verificationResults,
  verificationsAggregate,
} from '../../../src/engine/verification/verification-results.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { ledgerRig } from '../ledger/ledger-rig.ts';

interface Verification {
  readonly sound?: readonly string[];
  readonly damaged?: readonly string[];
  /** Of which damage is found that is not of content. */
  readonly structure?: readonly string[];
  /** How many objects points need; default: as many as are read. */
  readonly objectsTotal?: number;
}

const pointId = 'kept' as PointId;
const at = 1_767_225_600_000 as TimestampMs;

describe('what verifications together have found out', () => {
  let ledger: Ledger;
  let sessions: number;
  beforeEach(() => {
    ({ ledger } = ledgerRig());
    sessions = 0;
  });

  const verify = async (verification: Verification): Promise<void> => {
    const { sound = [], damaged = [], structure = [] } = verification;
    const { objectsTotal = sound.length + damaged.length } = verification;
    sessions += 1;
    const sessionId = sampleIds.session(sessions);
    const listing = await ledger.load(verificationsStream, verificationsAggregate);
    const listed = { type: 'VerificationListed', data: { sessionId } } as const;
    await ledger.append(listing, [listed], sessionId, verificationsAggregate);
    const found = [...damaged, ...structure].map((objectKey): RepositorySessionEvent => ({
      type: 'DamageFound',
      data: {
        ...{ pointId, volumeId: sampleIds.volume('root'), device: sampleIds.device('xvda') },
        ...{ objectKey, firstBlock: 0, blockCount: 1, reason: 'it is gone' },
      },
    }));
    const objects = sound.length + damaged.length;
    const counts = { objects, bytes: objects, objectsTotal, bytesTotal: objectsTotal };
    const events: readonly RepositorySessionEvent[] = [
      {
        type: 'RepositorySessionStarted',
        data: {
          ...{ kind: 'repository', sessionId, repositoryId: sampleIds.repository('main') },
          ...{ work: 'verification', instanceId: null },
          ...{ engineId: sampleIds.engine('here'), startedAt: at },
        },
      },
      ...found,
      { type: 'ObjectsVerified', data: { sound, damaged, verifiedAt: at } },
      { type: 'VerificationCovered', data: { ...counts, findings: found.length } },
    ];
    const stream = await ledger.load(sessionStream(sessionId), repositoryAggregate);
    await ledger.append(stream, events, 'verify', repositoryAggregate);
  };
  const damagedObjects = async (): Promise<readonly string[]> => [
    ...(await verificationResults(ledger)).damagedObjects,
  ];

  it('forgets damage of an object that no point needs by the time all is read', async () => {
    await verify({ damaged: ['packs/old'] });
    assert.deepEqual([...(await verificationResults(ledger)).damagedPoints], [pointId]);
    await verify({ sound: ['packs/new'] });
    assert.deepEqual(await damagedObjects(), []);
    assert.equal((await verificationResults(ledger)).damagedPoints.size, 0);
  });

  it('keeps it while only some of what points need was read', async () => {
    await verify({ damaged: ['packs/old'] });
    await verify({ sound: ['packs/new'], objectsTotal: 2 });
    assert.deepEqual(await damagedObjects(), ['packs/old']);
  });

  it('keeps it where damage of structure can hide that a point needs it', async () => {
    await verify({ damaged: ['packs/old'] });
    await verify({ sound: ['packs/new'], structure: ['points/kept'] });
    assert.deepEqual(new Set(await damagedObjects()), new Set(['packs/old', 'points/kept']));
  });

  it('keeps that of an object that is found to be damaged again', async () => {
    await verify({ damaged: ['packs/old', 'packs/other'] });
    await verify({ damaged: ['packs/old'], sound: ['packs/new'] });
    assert.deepEqual(await damagedObjects(), ['packs/old']);
  });
});
