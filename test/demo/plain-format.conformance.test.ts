import { plainFormat } from '../../demo/plain-format/plain-format.ts';
import { storageFormatConformance } from '../../src/conformance.ts';

storageFormatConformance('the plain format', () => Promise.resolve({ format: plainFormat }));
