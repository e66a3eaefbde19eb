import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { createMemoryEventStore } from '../../src/adapters/memory/event-store.ts';
import type { EngineId, TimestampMs } from '../../src/domain/identifiers.ts';
import { backupCatalogue } from '../../src/engine/ledger/event-catalogues.ts';
import { decodeEvent } from '../../src/engine/ledger/event-codec.ts';
import { Ledger, type Loaded } from '../../src/engine/ledger/ledger.ts';
import { recordHash } from '../../src/engine/ledger/record-hash.ts';
import type { NewEvent, RecordedEvent, Revision, StreamName } from '../../src/ports/event-store.ts';
import { constantRandom } from '../support/random/constant-random.ts';

interface Vector {
  readonly stream: StreamName;
  readonly revision: Revision;
  readonly engineId: EngineId;
  readonly type: string;
  readonly id: string;
  readonly schemaVersion: number;
  readonly recordedAt: TimestampMs;
  readonly actor: string;
  readonly engineVersion: string;
  readonly cause: string;
  readonly previousHash: string;
  readonly dataHex: string;
  readonly recordHash: string;
}

const page = await readFile(new URL('../../docs/ledger.md', import.meta.url), 'utf8');
const vector = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '') as Vector;

function vectorEvent(): NewEvent {
  const { id, type, schemaVersion, recordedAt, actor, engineVersion, cause, previousHash } = vector;
  const metadata = { schemaVersion, recordedAt, actor, engineVersion, cause, previousHash };
  return { id, type, data: Buffer.from(vector.dataHex, 'hex'), metadata };
}

describe('the test vector of docs/ledger.md', () => {
  it('is what the text above it says, done by hand', () => {
    const texts = [
      'snapledger/ledger/1/record',
      vector.stream,
      String(vector.revision),
      vector.type,
      vector.id,
      String(vector.schemaVersion),
      String(vector.recordedAt),
      vector.actor,
      vector.engineVersion,
      vector.cause,
      vector.previousHash,
    ];
    const fields = [...texts.map((text) => Buffer.from(text)), Buffer.from(vector.dataHex, 'hex')];
    const hashed = fields.flatMap((bytes) => {
      const { length } = bytes;
      return [Buffer.of(length & 255, (length >> 8) & 255, (length >> 16) & 255, 0), bytes];
    });
    const hash = createHash('sha256').update(Buffer.concat(hashed)).digest('hex');
    assert.equal(hash, vector.recordHash);
  });

  it('is what the ledger computes', () => {
    assert.equal(recordHash(vector.stream, vector.revision, vectorEvent()), vector.recordHash);
  });

  it('is an event that the ledger reads, and writes the same way', async () => {
    const { stream, revision, engineId, actor, engineVersion, recordedAt } = vector;
    const recorded: RecordedEvent = {
      ...vectorEvent(),
      stream,
      revision,
      position: '1' as RecordedEvent['position'],
    };
    const event = decodeEvent(recorded, backupCatalogue);
    const appended: NewEvent[] = [];
    const ledger = new Ledger({
      eventStore: {
        ...createMemoryEventStore(),
        append: (_stream, _expected, events) => {
          appended.push(...events);
          return Promise.resolve({ revision });
        },
      },
      clock: { now: () => recordedAt, sleep: () => Promise.resolve() },
      random: constantRandom(255),
      engineId,
      actor,
      engineVersion,
      retryPolicy: { attemptsMax: 1, firstDelayMs: 1, delayMaxMs: 1 },
    });
    const before: Loaded<null> = {
      stream,
      state: null,
      revision: (revision - 1) as Revision,
      lastHash: vector.previousHash,
    };
    const aggregate = { catalogue: backupCatalogue, initial: null, evolve: () => null };
    const after = await ledger.append(before, [event], vector.cause, aggregate);
    assert.equal(after.lastHash, vector.recordHash);
    assert.equal(appended[0]?.id, vector.id);
    assert.equal(Buffer.from(appended[0].data).toString('hex'), vector.dataHex);
  });
});
