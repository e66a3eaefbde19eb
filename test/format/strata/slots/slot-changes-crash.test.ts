import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { detailText } from '../../../../src/domain/errors/detail-text.ts';
import { hasErrorCode, SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { KeyChange } from '../../../../src/format/key-slots.ts';
import { unlockMasterKeys } from '../../../../src/format/strata/slots/unlock-repository.ts';
import type { RandomSource } from '../../../../src/ports/random-source.ts';
import type { ObjectKey, ObjectStore } from '../../../../src/ports/object-store.ts';
import { optionsOn, passphrase } from '../../../../src/conformance/format-bench.ts';
import { cheapStrata } from '../../../support/format/cheap-strata.ts';
import {
  createHookedObjectStore,
  type ObjectStoreCall,
} from '../../../support/object-store/hooked-object-store.ts';
import { copyOfStore } from '../copy-of-store.ts';
import { emptyRepository, keysIn, keySlots, openingSecrets } from './slots-fixture.ts';

/** Each change, made from a repository with the passphrases of `all` below. */
const changes: Readonly<
  Record<
    string,
    { readonly work: (on: ObjectStore) => Promise<KeyChange<object>>; readonly then: string[] }
  >
> = {
  'another passphrase': {
    work: (on) => keySlots.changePassphrase(optionsOn(on), 'new'),
    then: ['second', 'new'],
  },
  'one more': {
    work: (on) => keySlots.addPassphrase(optionsOn(on), { passphrase: 'new', label: 'new' }),
    then: [passphrase, 'second', 'new'],
  },
  'one less': {
    work: async (on) => {
      const { slots } = await keySlots.list(optionsOn(on));
      return await keySlots.remove(optionsOn(on), slots[1]?.id ?? 'it is gone');
    },
    then: [passphrase],
  },
  'a rotation': {
    work: (on) => keySlots.rotateMasterKey(optionsOn(on), 'remove'),
    then: [passphrase],
  },
};
const before = [passphrase, 'second'];
const all = [...before, 'new'];

async function repositoryWithTwo(): Promise<ObjectStore> {
  const objectStore = await emptyRepository();
  const added = { passphrase: 'second', label: 'second' };
  await keySlots.addPassphrase(optionsOn(objectStore), added);
  return objectStore;
}

describe('a change of key slots that is interrupted', () => {
  for (const [name, { work, then }] of Object.entries(changes)) {
    it(`at any request leaves the keys before it, or those after it: ${name}`, async () => {
      const start = await repositoryWithTwo();
      const calls: ObjectStoreCall[] = [];
      await work(
        createHookedObjectStore(await copyOfStore(start), {
          before: (call) => Promise.resolve(void calls.push(call)),
        }),
      );
      assert.equal(calls.filter(({ method }) => method === 'create').length, 1);
      const createdAt = calls.findIndex(({ method }) => method === 'create');
      const outcomes = new Set<string>();
      for (const when of ['before', 'after'] as const) {
        for (let at = 0; at < calls.length; at += 1) {
          const disk = await copyOfStore(start);
          let call = 0;
          const dying = createHookedObjectStore(disk, {
            [when]: () => {
              call += 1;
              if (call <= at) return Promise.resolve();
              return Promise.reject(new SnapledgerError('INTERNAL', 'the program ends here'));
            },
          });
          // What fails after the deciding step is told beside the result, which would be lost else.
          const [outcome] = await Promise.allSettled([work(dying)]);
          if (outcome.status === 'fulfilled') {
            const { afterwards } = outcome.value;
            assert.ok(hasErrorCode(afterwards?.error, 'INTERNAL'));
            assert.equal(afterwards.inForce, at === createdAt + 1 ? 'unknown' : 'yes');
            assert.ok(at > createdAt);
            assert.deepEqual(await openingSecrets(disk, all), then);
          } else {
            assert.ok(hasErrorCode(outcome.reason, 'INTERNAL'));
            assert.ok(at <= createdAt);
          }

          const open = await openingSecrets(disk, all);
          outcomes.add(JSON.stringify(open));
          // The next change puts away what this one has left.
          const [secret = assert.fail('nobody can open it')] = open;
          await keySlots.addRecoveryKey(optionsOn(disk, secret), 'paper');
          assert.equal((await keysIn(disk, 'slots/')).length, 1);
          assert.deepEqual(await openingSecrets(disk, all), open);
        }
      }
      assert.deepEqual(outcomes, new Set([JSON.stringify(before), JSON.stringify(then)]));
    });
  }

  it('leaves a table that a collection removes', async () => {
    const disk = await repositoryWithTwo();
    const dying = createHookedObjectStore(disk, {
      before: ({ method }) =>
        method === 'delete'
          ? Promise.reject(new SnapledgerError('INTERNAL', 'the program ends here'))
          : Promise.resolve(),
    });
    const { afterwards } = await keySlots.changePassphrase(optionsOn(dying), 'new');
    assert.equal(afterwards?.inForce, 'yes');
    assert.equal((await keysIn(disk, 'slots/')).length, 2);

    const repository = await cheapStrata.openRepository(optionsOn(disk, 'new'));
    await Array.fromAsync(repository.collector?.run() ?? []);
    assert.equal((await keysIn(disk, 'slots/')).length, 1);
    assert.deepEqual(await openingSecrets(disk, all), ['second', 'new']);
  });

  it('whose answer is lost finds its own table, and has been made once', async () => {
    const disk = await repositoryWithTwo();
    let lost = 0;
    const store = createHookedObjectStore(disk, {});
    const repeating: ObjectStore = {
      ...store,
      // As an S3 client does whose first answer is lost: the second request meets the first one's object.
      create: async (key, body) => {
        await store.create(key, body);
        lost += 1;
        await store.create(key, body);
      },
    };
    await keySlots.addPassphrase(optionsOn(repeating), { passphrase: 'new', label: 'new' });
    assert.equal(lost, 1);
    assert.equal((await keySlots.list(optionsOn(disk))).slots.length, 3);
  });
});

describe('several changes of key slots at once', () => {
  it('never take the last slot away: of two that remove one of two, one is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const disk = await repositoryWithTwo();
        const { slots } = await keySlots.list(optionsOn(disk));
        const turns = slots.map(({ id }) =>
          keySlots.remove(optionsOn(inTurn(disk, scheduler)), id),
        );
        const outcomes = Promise.allSettled(turns);
        await scheduler.waitFor(outcomes);
        const failures = (await outcomes).filter(({ status }) => status === 'rejected');
        assert.equal(failures.length, 1);
        // The one that lost sees that its secret opens nothing any more, or that its slot is the last.
        assert.match(codeOf(failures[0]), /^(LAST_KEY_SLOT|WRONG_PASSPHRASE)$/);
        assert.equal((await openingSecrets(disk, before)).length, 1);
      }),
      { numRuns: 40 },
    );
  });

  it('are made one after the other, in some order: none is lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const disk = await repositoryWithTwo();
        const store = (): ObjectStore => inTurn(disk, scheduler);
        const changing = Promise.allSettled([
          keySlots.addPassphrase(optionsOn(store()), { passphrase: 'new', label: 'new' }),
          keySlots.addRecoveryKey(optionsOn(store()), 'paper'),
          keySlots.changePassphrase(optionsOn(store(), 'second'), 'third'),
          keySlots.addRecoveryKey(optionsOn(store(), 'second'), 'safe'),
        ]);
        await scheduler.waitFor(changing);
        const outcomes = await changing;
        const refused = outcomes.map(codeOf);
        // Only who used the passphrase that was changed meanwhile can be refused.
        assert.deepEqual(refused.slice(0, 3), ['', '', '']);
        assert.match(refused[3] ?? '', /^(WRONG_PASSPHRASE)?$/);
        const { slots } = await keySlots.list(optionsOn(disk));
        const labels = slots.map(({ label }) => label).toSorted();
        const without = ['new', 'paper', 'passphrase', 'second'];
        assert.deepEqual(labels, refused[3] === '' ? [...without, 'safe'].toSorted() : without);
        const secrets = [...all, 'third'];
        assert.deepEqual(await openingSecrets(disk, secrets), [passphrase, 'new', 'third']);
        assert.equal((await keysIn(disk, 'slots/')).length, 1);
      }),
      { numRuns: 40 },
    );
  });

  it('notice one that slept while its number was used and free again', async () => {
    const disk = await repositoryWithTwo();
    const asleep = Promise.withResolvers<undefined>();
    const reached = Promise.withResolvers<undefined>();
    let creates = 0;
    const sleepy = createHookedObjectStore(disk, {
      before: async ({ method }) => {
        if (method !== 'create') return;
        creates += 1;
        if (creates > 1) return;
        reached.resolve(undefined);
        await asleep.promise;
      },
    });
    const sleeping = keySlots.addPassphrase(optionsOn(sleepy), { passphrase: 'new', label: 'new' });
    await reached.promise;
    await keySlots.addRecoveryKey(optionsOn(disk), 'paper');
    await keySlots.addRecoveryKey(optionsOn(disk), 'safe');
    asleep.resolve(undefined);
    await sleeping;

    assert.equal(creates, 2);
    assert.deepEqual(
      (await keySlots.list(optionsOn(disk))).slots.map(({ label }) => label),
      ['passphrase', 'second', 'paper', 'safe', 'new'],
    );
    assert.equal((await keysIn(disk, 'slots/')).length, 1);
  });
});

describe('a change of key slots that others build on before it looks whether it counts', () => {
  const rotated = async (on: ObjectStore, secret: string): Promise<unknown> =>
    await keySlots.rotateMasterKey(optionsOn(on, secret), 'remove');
  const oneMore = async (on: ObjectStore, secret: string): Promise<unknown> =>
    await keySlots.addRecoveryKey(optionsOn(on, secret), 'of another');

  it('is made once: another passphrase, also under a master key of theirs', async () => {
    for (const others of [oneMore, rotated]) {
      const disk = await repositoryWithTwo();
      const change = await pausedAfterCreate(
        disk,
        (on) => keySlots.changePassphrase(optionsOn(on), 'new'),
        () => others(disk, 'new'),
      );
      assert.equal(change.afterwards, null);
      assert.deepEqual(
        await openingSecrets(disk, all),
        others === rotated ? ['new'] : ['second', 'new'],
      );
      assert.equal((await keysIn(disk, 'slots/')).length, 1);
    }
  });

  it('is made once: a key that is removed', async () => {
    const disk = await repositoryWithTwo();
    const { slots } = await keySlots.list(optionsOn(disk));
    const removed = await pausedAfterCreate(
      disk,
      (on) => keySlots.remove(optionsOn(on), slots[1]?.id ?? 'it is gone'),
      () => oneMore(disk, passphrase),
    );
    assert.equal(removed.id, slots[1]?.id);
    assert.deepEqual(await openingSecrets(disk, all), [passphrase]);
  });

  it('is made once: a recovery key that is added is the one that is told', async () => {
    const disk = await repositoryWithTwo();
    const told = await pausedAfterCreate(
      disk,
      (on) => keySlots.addRecoveryKey(optionsOn(on), 'paper'),
      () => oneMore(disk, 'second'),
    );
    const { slots } = await keySlots.list(optionsOn(disk));
    assert.deepEqual(
      slots.map(({ label }) => label),
      ['passphrase', 'second', 'paper', 'of another'],
    );
    assert.deepEqual(await openingSecrets(disk, [told.recoveryKey]), [told.recoveryKey]);
  });

  it('is made once: a rotation, before another one', async () => {
    const disk = await emptyRepository();
    const rotation = await pausedAfterCreate(
      disk,
      (on) => keySlots.rotateMasterKey(optionsOn(on), 'keep'),
      () => rotated(disk, passphrase),
    );
    assert.equal(rotation.rotations, 1);
    assert.equal((await keySlots.list(optionsOn(disk))).rotations, 2);
  });

  it('is made anew after others were faster, a rotation with another master key', async () => {
    const disk = await repositoryWithTwo();
    const drawn: string[] = [];
    const options = optionsOn(disk);
    const random: RandomSource = {
      ...options.random,
      uuid: () => options.random.uuid(),
      bytes: (length) => {
        const bytes = options.random.bytes(length);
        drawn.push(Buffer.from(bytes).toString('hex'));
        return bytes;
      },
    };
    let creates = 0;
    let drawnByFirst = 0;
    const slower = createHookedObjectStore(disk, {
      before: async ({ method }) => {
        if (method !== 'create' || (creates += 1) > 1) return;
        drawnByFirst = drawn.length;
        await oneMore(disk, passphrase);
      },
    });
    const rotating = { ...options, objectStore: slower, random };
    const { rotations } = await keySlots.rotateMasterKey(rotating, 'remove');
    assert.deepEqual([rotations, creates], [1, 2]);
    const { masterKeys } = await unlockMasterKeys(optionsOn(disk));
    const newest = Buffer.from(masterKeys.at(-1) ?? []).toString('hex');
    assert.ok(drawn.indexOf(newest) >= drawnByFirst, 'it is not the one of the first try');
  });

  it('is told with what is not known when a table without authority is above it', async () => {
    const disk = await repositoryWithTwo();
    const told = await pausedAfterCreate(
      disk,
      (on) => keySlots.addRecoveryKey(optionsOn(on), 'paper'),
      async () => {
        const key = (await keysIn(disk, 'slots/')).at(-1) ?? assert.fail('there is one');
        const above = key.slice(0, -1) + String(Number(key.slice(-1)) + 1);
        await disk.create(above as ObjectKey, Buffer.from('junk'));
      },
    );
    assert.equal(told.afterwards?.inForce, 'unknown');
    const objectKey = detailText(told.afterwards.error, 'objectKey') ?? '';
    await disk.delete(objectKey as ObjectKey);
    assert.deepEqual(await openingSecrets(disk, [told.recoveryKey]), [told.recoveryKey]);
  });
});

/** Does `work`, and `meanwhile` when it has created its table and not looked at anything yet. */
async function pausedAfterCreate<Result>(
  disk: ObjectStore,
  work: (on: ObjectStore) => Promise<Result>,
  meanwhile: () => Promise<unknown>,
): Promise<Result> {
  let creates = 0;
  const result = await work(
    createHookedObjectStore(disk, {
      after: async ({ method }) => {
        if (method === 'create' && (creates += 1) === 1) await meanwhile();
      },
    }),
  );
  assert.equal(creates, 1, 'the change is not repeated');
  return result;
}

/** The store as one of several programs sees it, whose requests come in any order. */
function inTurn(disk: ObjectStore, scheduler: fc.Scheduler): ObjectStore {
  return createHookedObjectStore(disk, {
    before: ({ method, key }) => scheduler.schedule(Promise.resolve(), `${method} ${key}`),
  });
}

function codeOf(outcome: PromiseSettledResult<unknown> | undefined): string {
  return outcome?.status === 'rejected' && outcome.reason instanceof SnapledgerError
    ? outcome.reason.code
    : '';
}
