import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { EngineId } from '../../src/domain/identifiers.ts';
import type { EnginePresence } from '../../src/ports/engine-presence.ts';

export interface EnginePresenceHarness {
  /** What one engine has in its hands; all of them see the same engines. */
  open(): EnginePresence;
  dispose(): Promise<void>;
}

/** Everything that src/ports/engine-presence.ts promises and that one process can show. */
export function enginePresenceConformance(
  name: string,
  factory: () => Promise<EnginePresenceHarness>,
): void {
  describe(`${name} is an engine presence`, () => {
    let harness: EnginePresenceHarness;
    let presence: EnginePresence;
    let other: EnginePresence;

    beforeEach(async () => {
      harness = await factory();
      presence = harness.open();
      other = harness.open();
    });
    afterEach(() => harness.dispose());

    it('does not see an engine that was never announced', async () => {
      assert.equal(await presence.isPresent(engineId()), false);
    });

    it('shows an engine to everybody from its announcement until it leaves', async () => {
      const engine = engineId();

      await presence.announce(engine);
      assert.equal(await presence.isPresent(engine), true);
      assert.equal(await other.isPresent(engine), true);
      assert.equal(await other.isPresent(engine), true, 'looking changes nothing');

      await presence.leave(engine);
      assert.equal(await presence.isPresent(engine), false);
      assert.equal(await other.isPresent(engine), false);
    });

    it('keeps engines apart', async () => {
      const engines = Array.from({ length: 20 }, engineId);
      await Promise.all(
        engines.map((engine, n) => (n % 2 === 0 ? presence : other).announce(engine)),
      );

      await Promise.all(
        engines.slice(0, 10).map((engine, n) => (n % 2 === 0 ? presence : other).leave(engine)),
      );

      for (const [n, engine] of engines.entries()) {
        assert.equal(await other.isPresent(engine), n >= 10);
      }
      for (const [n, engine] of engines.entries()) {
        await (n % 2 === 0 ? presence : other).leave(engine);
      }
    });

    it('takes an announcement again as the same one', async () => {
      const engine = engineId();
      await Promise.all([presence.announce(engine), presence.announce(engine)]);
      await presence.announce(engine);

      await presence.leave(engine);

      assert.equal(await other.isPresent(engine), false);
    });

    it('lets an engine leave that is not there', async () => {
      const engine = engineId();
      await presence.leave(engine);
      await presence.announce(engine);
      await presence.leave(engine);
      await presence.leave(engine);

      assert.equal(await other.isPresent(engine), false);
    });

    it('lets an engine that left come back', async () => {
      const engine = engineId();
      await presence.announce(engine);
      await presence.leave(engine);

      await presence.announce(engine);

      assert.equal(await other.isPresent(engine), true);
      await presence.leave(engine);
    });
  });
}

function engineId(): EngineId {
  return randomUUID() as EngineId;
}
