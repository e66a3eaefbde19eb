import { storageFormatConformance } from '../../../src/conformance/storage-format-conformance.ts';
import { createQcow2Format } from '../../../src/format/qcow2/qcow2-format.ts';
import { cheapHardness } from '../../support/format/cheap-strata.ts';

for (const protection of ['sealed', 'plain'] as const) {
  const format = createQcow2Format(protection, cheapHardness);
  storageFormatConformance(format.name, () => Promise.resolve({ format }));
}
