import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../../../src/adapters/memory/object-store.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type { InstanceId, RepositoryId, SessionId } from '../../../../src/domain/identifiers.ts';
import { encodeMsgpack } from '../../../../src/format/strata/encoding/msgpack.ts';
import { deriveRepositoryKeys } from '../../../../src/format/strata/keys/repository-keys.ts';
import {
  parseRelocationClaimKey,
  pointKey,
  relocationClaimKey,
  relocationsPrefix,
} from '../../../../src/format/strata/object/object-keys.ts';
import { sealRepositoryObject } from '../../../../src/format/strata/object/repository-object.ts';
import { claimRelocation } from '../../../../src/format/strata/relocate/claim-relocation.ts';
import { encodeRelocation } from '../../../../src/format/strata/relocate/relocation.ts';
import { relocationsOf } from '../../../../src/format/strata/relocate/relocations-of.ts';
import {
  createRepositoryContext,
  type RepositoryContext,
} from '../../../../src/format/strata/repository/repository-context.ts';
import type { Clock } from '../../../../src/ports/clock.ts';
import type { ObjectInfo, ObjectStore } from '../../../../src/ports/object-store.ts';
import type { RandomSource } from '../../../../src/ports/random-source.ts';
import {
  everyInterleaving,
  type Gate,
  type InterleavedRun,
} from '../../../support/simulation/every-interleaving.ts';

const instanceId = 'i-1' as InstanceId;
const keys = deriveRepositoryKeys(
  [new Uint8Array(32).fill(7)],
  '00112233-4455-6677-8899-aabbccddeeff' as RepositoryId,
  0,
);
const clock: Clock = {
  now: () => 1_700_000_000_000 as ReturnType<Clock['now']>,
  sleep: () => Promise.reject(new Error('nothing here waits for time')),
};
/** Always the same, so that two orders that do the same leave the same bytes. */
const random: RandomSource = {
  bytes: (length) => new Uint8Array(length).fill(1),
  uuid: () => session(99),
};

function session(n: number): SessionId {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` as SessionId;
}

/** Objects in a page: a listing of more is not of one moment. */
const pageSize = 2;

/** The disk as a program sees it, one request at a time. */
function gated(disk: ObjectStore, gate: Gate): ObjectStore {
  const digest = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');
  return {
    retention: null,
    create: (key, body) =>
      gate.pass(
        `create ${key}`,
        () => disk.create(key, body),
        () => '',
      ),
    get: (key, range) => gate.pass(`get ${key}`, () => disk.get(key, range), digest),
    head: (key) =>
      gate.pass(
        `head ${key}`,
        () => disk.head(key),
        (info) => String(info !== null),
      ),
    delete: (key) =>
      gate.pass(
        `delete ${key}`,
        () => disk.delete(key),
        () => '',
      ),
    async *list(prefix, { after } = {}): AsyncGenerator<ObjectInfo> {
      let last = after;
      for (;;) {
        const from = last;
        const page = await gate.pass(
          `list ${prefix} after ${from ?? ''}`,
          async () => {
            const all = await Array.fromAsync(
              disk.list(prefix, from === undefined ? {} : { after: from }),
            );
            return all.slice(0, pageSize);
          },
          (infos) => infos.map(({ key }) => key).join(),
        );
        yield* page;
        if (page.length < pageSize) return;
        last = page.at(-1)?.key;
      }
    },
  };
}

/** What happens in one order of requests, and what must hold in all of them. */
class ClaimWorld {
  readonly disk = createMemoryObjectStore();
  readonly direct = createRepositoryContext({ objectStore: this.disk, random, clock }, keys);
  /** Sessions that were told that they alone may move, with what had been moved by then. */
  readonly #passed = new Map<SessionId, readonly number[]>();
  readonly #violations: string[] = [];

  openedBy(gate: Gate): RepositoryContext {
    return createRepositoryContext({ objectStore: gated(this.disk, gate), random, clock }, keys);
  }

  async makeTombstone({ objectStore }: RepositoryContext, sessionId: SessionId): Promise<void> {
    const objectKey = pointKey(instanceId, sessionId);
    const content = encodeMsgpack({ discardedAt: clock.now() });
    try {
      await objectStore.create(
        objectKey,
        sealRepositoryObject({ keys, random }, { kind: 'tombstone', objectKey, content }),
      );
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    }
  }

  /** Claims, and moves nothing for good: what matters is when, and under which number. */
  async move(context: RepositoryContext, sessionId: SessionId): Promise<void> {
    let claim: number;
    try {
      claim = await claimRelocation(context, sessionId, instanceId);
    } catch (error) {
      if (!hasErrorCode(error, 'RELOCATION_OVERTAKEN')) throw error;
      return;
    }
    this.#passed.set(sessionId, await this.#moved());
    const objectKey = pointKey(instanceId, sessionId);
    const content = encodeRelocation({ sessionId, instanceId, claim, volumes: [] });
    try {
      await context.objectStore.create(
        objectKey,
        sealRepositoryObject({ keys, random }, { kind: 'relocation', objectKey, content }),
      );
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
      return;
    }
    const base = this.#passed.get(sessionId) ?? [];
    const others = (await this.#moved()).filter((number) => number !== claim);
    if (others.join() !== base.join()) {
      this.#violations.push(
        `claim ${claim} was made of ${base.join()}, and follows ${others.join()}`,
      );
    }
    if (others.some((number) => number >= claim)) {
      this.#violations.push(`claim ${claim} comes after ${others.join()}`);
    }
  }

  /** What a collection does with claims that say nothing. */
  async removeVoidClaims(context: RepositoryContext): Promise<void> {
    const { claims } = await relocationsOf(context, instanceId);
    for (const claim of claims) {
      if (claim.state === 'void') await context.objectStore.delete(relocationClaimKey(claim));
    }
  }

  async check(): Promise<void> {
    const states = new Map<SessionId, string>();
    for (const sessionId of this.#passed.keys()) {
      states.set(sessionId, (await this.direct.catalog.slotOf(instanceId, sessionId)).kind);
    }
    const atWork = [...states.values()].filter((kind) => kind === 'free');
    if (atWork.length > 1) this.#violations.push('two sessions move at one time');
    const claimed = new Set<SessionId>();
    for await (const { key } of this.disk.list(relocationsPrefix(instanceId))) {
      const claim = parseRelocationClaimKey(key);
      if (claim !== null) claimed.add(claim.sessionId);
    }
    for (const [sessionId, kind] of states) {
      if (kind === 'relocation' && !claimed.has(sessionId)) {
        this.#violations.push(
          `the claim of ${sessionId} is gone, and its relocation does not count`,
        );
      }
    }
    assert.deepEqual(this.#violations, []);
  }

  async shared(): Promise<string> {
    const there = (await Array.fromAsync(this.disk.list(''))).map(({ key }) => key);
    return JSON.stringify([there, [...this.#passed]]);
  }

  async #moved(): Promise<readonly number[]> {
    const { claims } = await relocationsOf(this.direct, instanceId);
    return claims.flatMap(({ state, number }) => (state === 'committed' ? [number] : []));
  }
}

type Role = (world: ClaimWorld, context: RepositoryContext, n: number) => Promise<void>;

const mover: Role = (world, context, n) => world.move(context, session(n));
const fenceOfFirst: Role = (world, context) => world.makeTombstone(context, session(0));
const collector: Role = (world, context) => world.removeVoidClaims(context);

function begin(
  roles: readonly Role[],
  first: 'nothing' | 'void claim' | 'relocation',
): (gates: readonly Gate[]) => Promise<InterleavedRun> {
  return async (gates) => {
    const world = new ClaimWorld();
    if (first === 'relocation') await world.move(world.direct, session(50));
    if (first === 'void claim') {
      await claimRelocation(world.direct, session(51), instanceId);
      await world.makeTombstone(world.direct, session(51));
    }
    const programs = roles.map((role, n) => {
      const gate = gates[n];
      assert.ok(gate !== undefined);
      return role(world, world.openedBy(gate), n);
    });
    return { programs, shared: () => world.shared(), check: () => world.check() };
  };
}

const statesMax = 20_000;
const every = Number.POSITIVE_INFINITY;

describe('the claim to relocate, whatever the order of all requests', () => {
  for (const { what, roles, first, switchesMax } of [
    { what: 'two movers', roles: [mover, mover], first: 'nothing', switchesMax: every },
    { what: 'two after another', roles: [mover, mover], first: 'relocation', switchesMax: 2 },
    { what: 'three movers', roles: [mover, mover, mover], first: 'nothing', switchesMax: 1 },
    {
      what: 'a mover that is fenced, another, and a collector',
      roles: [mover, mover, fenceOfFirst, collector],
      first: 'nothing',
      switchesMax: 1,
    },
    {
      what: 'two movers and a collector, after one that gave up',
      roles: [mover, mover, collector],
      first: 'void claim',
      switchesMax: 1,
    },
  ] as const) {
    it(`is held by one session at a time, and counts once it has moved: ${what}`, async () => {
      const states = await everyInterleaving(roles.length, begin(roles, first), {
        statesMax,
        switchesMax,
      });
      assert.ok(states > 50, `${states} states`);
    });
  }
});
