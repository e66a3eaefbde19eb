import { createFilePresence } from '../../../../src/adapters/filesystem/file-presence.ts';
import type { EngineId } from '../../../../src/domain/identifiers.ts';

// arguments: folder, then engines; looks for all of them, and so removes dead ones' files, until
// it is killed
const [folder = '', ...engines] = process.argv.slice(2);
const presence = createFilePresence({ folder });
process.stdout.write('ready\n');
for (;;) {
  for (const engine of engines) await presence.isPresent(engine as EngineId);
}
