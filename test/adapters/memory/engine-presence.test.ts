import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createMemoryPresence } from '../../../src/adapters/memory/engine-presence.ts';
import type { EngineId } from '../../../src/domain/identifiers.ts';
import { enginePresenceConformance } from '../../conformance/engine-presence.ts';

enginePresenceConformance('memory', () => {
  const presence = createMemoryPresence();
  return Promise.resolve({ open: () => presence, dispose: () => Promise.resolve() });
});

it('an engine that dies in a simulation is not present any more', async () => {
  const presence = createMemoryPresence();
  const engine = 'b5f3a9a2-6d0e-4a7a-9d51-0c8f3c5a7e11' as EngineId;
  await presence.announce(engine);

  presence.die(engine);

  assert.equal(await presence.isPresent(engine), false);
});
