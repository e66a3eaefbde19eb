import assert from 'node:assert/strict';
import { createMemoryObjectStore } from '../adapters/memory/object-store.ts';
import type { PointId } from '../domain/identifiers.ts';
import { type FormatBench, instanceId, optionsOn } from './format-bench.ts';
import type { TestRunner } from './test-runner.ts';

/** Creating, opening and closing. */
export function repositoriesConformance(
  { describe, it }: TestRunner,
  bench: () => Promise<FormatBench>,
): void {
  describe('a repository', () => {
    it('is created once and opened with its secret', async () => {
      const { objectStore, repository, format } = await bench();

      assert.equal((await format.openRepository(optionsOn(objectStore))).id, repository.id);
      await assert.rejects(format.createRepository(optionsOn(objectStore)), {
        code: 'REPOSITORY_EXISTS',
      });
      await assert.rejects(format.openRepository(optionsOn(createMemoryObjectStore())), {
        code: 'NOT_A_REPOSITORY',
      });
      assert.equal(await format.identify(objectStore), repository.id, 'without a key');
      assert.equal(await format.identify(createMemoryObjectStore()), null);
      if (format.traits.encryption === 'always') {
        await assert.rejects(format.openRepository(optionsOn(objectStore, 'wrong')), {
          code: 'WRONG_PASSPHRASE',
        });
      }
    });

    it('does nothing any more once it is closed', async () => {
      const { repository } = await bench();
      await repository.close();
      await repository.close();
      await assert.rejects(Array.fromAsync(repository.listPoints()), {
        code: 'INVALID_ARGUMENT',
      });
    });

    it('gives a worker of one attempt always the same secret, and each its own', async () => {
      const first = await bench();
      const [a, b] = [first.newSession(), first.newSession()];
      for (const session of [a, b]) await first.repository.registerWriter(session, instanceId);
      const again = await first.reopen();
      const hex = async (on: FormatBench, session: PointId, attempt: number): Promise<string> =>
        Buffer.from(await on.repository.deriveWorkerSecret(session, attempt)).toString('hex');

      assert.equal(await hex(first, a, 0), await hex(again, a, 0));
      assert.equal(
        new Set([await hex(first, a, 0), await hex(first, a, 1), await hex(first, b, 0)]).size,
        3,
      );
    });

    it('gives always the same keys for its ledger, and another repository gives others', async () => {
      const first = await bench();
      const other = await bench();
      const hex = async ({ repository }: FormatBench): Promise<readonly string[]> => {
        const { signingSeed, readKey } = await repository.deriveLedgerKeys();
        assert.equal(signingSeed.length, 32);
        assert.equal(readKey.length, 32);
        return [signingSeed, readKey].map((key) => Buffer.from(key).toString('hex'));
      };
      assert.deepEqual(await hex(first), await hex(await first.reopen()));
      assert.equal(new Set([...(await hex(first)), ...(await hex(other))]).size, 4);
    });

    it('gives always the same secret for the tags of a cloud, and another repository gives another', async () => {
      const first = await bench();
      const other = await bench();
      const hex = async ({ repository }: FormatBench): Promise<string> => {
        const secret = await repository.deriveTagSecret();
        assert.equal(secret.length, 32);
        return Buffer.from(secret).toString('hex');
      };
      assert.equal(await hex(first), await hex(await first.reopen()));
      assert.notEqual(await hex(first), await hex(other));
    });
  });
}
