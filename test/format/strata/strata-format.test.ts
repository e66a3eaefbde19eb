import { cheapStrata } from '../../support/format/cheap-strata.ts';
import { storageFormatConformance } from '../../conformance/storage-format.ts';

storageFormatConformance('strata', () => Promise.resolve({ format: cheapStrata }));
