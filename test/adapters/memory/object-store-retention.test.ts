import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import { createHookedObjectStore } from '../../support/object-store/hooked-object-store.ts';
import { retentionConformance } from '../../conformance/retention.ts';

retentionConformance('memory', (clock) =>
  Promise.resolve({
    store: createMemoryObjectStore({ lock: { pointDays: 30, clock } }),
    dispose: () => Promise.resolve(),
  }),
);

retentionConformance('a hooked store', (clock) =>
  Promise.resolve({
    store: createHookedObjectStore(createMemoryObjectStore({ lock: { pointDays: 30, clock } }), {}),
    dispose: () => Promise.resolve(),
  }),
);
