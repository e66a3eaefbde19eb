import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import { objectStoreConformance } from '../../conformance/object-store.ts';

objectStoreConformance('memory', () => {
  const store = createMemoryObjectStore();
  return Promise.resolve({
    open: () => Promise.resolve(store),
    dispose: () => Promise.resolve(),
  });
});
