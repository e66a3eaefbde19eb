import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';
import { optionsOn, passphrase } from '../../../conformance/storage-format/format-bench.ts';
import { cheapStrata } from '../../../support/format/cheap-strata.ts';
import {
  createHookedObjectStore,
  type ObjectStoreCall,
} from '../../../support/object-store/hooked-object-store.ts';
import { copyOfStore } from '../copy-of-store.ts';
import { emptyRepository, keysIn, keySlots, openingSecrets } from './slots-fixture.ts';

/** Each change, made from a repository with the passphrases of `all` below. */
const changes: Readonly<
  Record<string, { readonly work: (on: ObjectStore) => Promise<unknown>; readonly then: string[] }>
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
      await keySlots.remove(optionsOn(on), slots[1]?.id ?? 'it is gone');
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
          await assert.rejects(work(dying), { code: 'INTERNAL' });

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
    await assert.rejects(keySlots.changePassphrase(optionsOn(dying), 'new'), { code: 'INTERNAL' });
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
