import { strataFormat } from '../../../src/format/strata/strata-format.ts';
import { storageFormatConformance } from '../../conformance/storage-format.ts';

storageFormatConformance('strata', () => Promise.resolve({ format: strataFormat }));
