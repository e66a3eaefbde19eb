import { cheapStrata } from '../../support/format/cheap-strata.ts';
import { storageFormatConformance } from '../../../src/conformance/storage-format-conformance.ts';

storageFormatConformance('strata', () => Promise.resolve({ format: cheapStrata }));
