import { createMemoryCatalogueStore } from '../../../src/adapters/memory/catalogue-store.ts';
import { catalogueStoreConformance } from '../../conformance/catalogue-store.ts';

catalogueStoreConformance('memory', () => {
  const store = createMemoryCatalogueStore();
  return Promise.resolve({
    store,
    openAnother: () => store,
    dispose: () => Promise.resolve(),
  });
});
