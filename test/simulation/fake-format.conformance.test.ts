import { storageFormatConformance } from '../../src/conformance/storage-format-conformance.ts';
import { fakeFormat } from '../support/simulation/fake-format/fake-format.ts';

storageFormatConformance('the fake format of the simulation', () =>
  Promise.resolve({ format: fakeFormat }),
);
