import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InstanceId, SessionId } from '../../../../src/domain/identifiers.ts';
import {
  decodeGeneration,
  encodeGeneration,
  type Generation,
  generationLimits,
  noGeneration,
} from '../../../../src/format/strata/collect/generation.ts';
import { nextGeneration } from '../../../../src/format/strata/collect/next-generation.ts';
import { SessionEnds } from '../../../../src/format/strata/collect/session-ends.ts';
import type { Survey } from '../../../../src/format/strata/collect/survey-repository.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';

const instanceId = 'web-1' as InstanceId;
const session = (n: number): SessionId =>
  `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` as SessionId;
const packOf = (n: number, number = 0): ObjectKey =>
  `packs/${session(n)}/00000001-${String(number).padStart(8, '0')}` as ObjectKey;

interface Situation {
  readonly packs: readonly (readonly [session: number, pack?: number])[];
  readonly needed?: readonly ObjectKey[];
  readonly open?: readonly number[];
  readonly committed?: readonly number[];
  readonly discarded?: readonly number[];
}

function survey({
  packs,
  needed = [],
  open = [],
  committed = [],
  discarded = [],
}: Situation): Survey {
  const ends = new SessionEnds();
  for (const n of committed) ends.note(instanceId, session(n), 'committed');
  for (const n of discarded) ends.note(instanceId, session(n), 'discarded');
  return {
    packs: packs.map(([n, number]) => ({
      key: packOf(n, number),
      sizeBytes: 100,
      sessionId: session(n),
    })),
    neededPacks: new Set(needed),
    neededSessions: new Set(),
    openWriters: new Map(
      open.map((n) => [session(n), { sessionId: session(n), instanceId }] as const),
    ),
    ends,
    keyedSessions: [],
    registeredSessions: [],
    mailboxSessions: [],
    removedManifests: [],
    relocationsInUse: new Set(),
    uselessRelocations: { replaced: [], voidClaims: [] },
  };
}

const keys = (packs: readonly { readonly key: ObjectKey }[]): ObjectKey[] =>
  packs.map(({ key }) => key);

describe('the next generation', () => {
  it('condemns what no point needs of sessions that have committed', () => {
    const seen = survey({ packs: [[1], [2]], needed: [packOf(2)], committed: [1, 2] });

    const { generation, condemned, ripe } = nextGeneration(noGeneration, seen);

    assert.deepEqual(generation, {
      number: 1,
      batches: [{ since: 1, awaits: null, packs: [packOf(1)] }],
    });
    assert.deepEqual([keys(condemned), ripe], [[packOf(1)], []]);
  });

  const condemned: Generation = {
    number: 4,
    batches: [{ since: 4, awaits: null, packs: [packOf(1)] }],
  };

  it('is ripe at once when nobody is open after the generation was made', () => {
    const { generation, ripe } = nextGeneration(
      condemned,
      survey({ packs: [[1]], committed: [1] }),
    );

    assert.deepEqual(generation, { number: 5, batches: [] });
    assert.deepEqual(keys(ripe), [packOf(1)]);
  });

  it('names those that are open then, and waits for them and for nobody who comes later', () => {
    const busy = survey({ packs: [[1]], committed: [1], open: [8, 9] });
    const waiting = nextGeneration(condemned, busy).generation;
    assert.deepEqual(waiting?.batches, [
      { since: 4, awaits: [session(8), session(9)], packs: [packOf(1)] },
    ]);

    const oneLeft = survey({ packs: [[1]], committed: [1, 8], open: [9, 10] });
    const still = nextGeneration(waiting, oneLeft);
    assert.deepEqual([still.generation, still.ripe, keys(still.pending)], [null, [], [packOf(1)]]);

    const others = survey({ packs: [[1]], committed: [1, 8, 9], open: [10] });
    assert.deepEqual(keys(nextGeneration(waiting, others).ripe), [packOf(1)]);
  });

  it('takes back what a point needs after all', () => {
    const seen = survey({ packs: [[1]], needed: [packOf(1)], committed: [1] });

    const { generation, ripe, pending } = nextGeneration(condemned, seen);

    assert.deepEqual([generation?.batches, ripe, pending], [[], [], []]);
  });

  it('takes what a discarded session left at once, and leaves alone what an open one writes', () => {
    const seen = survey({ packs: [[1], [2], [3]], discarded: [1], open: [2] });

    const next = nextGeneration(noGeneration, seen);

    assert.deepEqual(keys(next.ripe), [packOf(1)]);
    assert.deepEqual([next.condemned, next.generation], [[], null]);
    assert.deepEqual(keys(next.unexplained), [packOf(3)], 'of 3 nothing is known');
  });

  it('believes a point more than a tombstone under another instance', () => {
    const seen = survey({ packs: [[1]], committed: [1] });
    seen.ends.note('other' as InstanceId, session(1), 'discarded');

    assert.deepEqual(nextGeneration(noGeneration, seen).ripe, []);
  });

  it('postpones what a generation has no room for', () => {
    const batches = Array.from({ length: generationLimits.batchesMax }, (_, n) => ({
      since: n + 1,
      awaits: [session(9)],
      packs: [packOf(1, n)],
    }));
    const packs = Array.from({ length: batches.length + 1 }, (_, n) => [1, n] as const);
    const latest = { number: batches.length, batches };

    const next = nextGeneration(latest, survey({ packs, committed: [1], open: [9] }));

    assert.deepEqual(keys(next.postponed), [packOf(1, batches.length)]);
    assert.equal(next.generation, null);
  });
});

describe('the content of a generation', () => {
  it('is read as it was written', () => {
    const batches = [
      { since: 2, awaits: [session(8), session(9)], packs: [packOf(1), packOf(1, 7)] },
      { since: 3, awaits: null, packs: [packOf(2)] },
    ];
    const bytes = encodeGeneration({ number: 3, batches });

    assert.deepEqual(decodeGeneration(bytes, 3, { objectKey: 'gc/00000003' }), {
      number: 3,
      batches,
    });
  });

  it('is refused when it condemns since a later generation', () => {
    const bytes = encodeGeneration({
      number: 3,
      batches: [{ since: 3, awaits: null, packs: [packOf(1)] }],
    });
    assert.throws(() => decodeGeneration(bytes, 2, { objectKey: 'gc/00000002' }), {
      code: 'OBJECT_CORRUPT',
    });
  });
});
