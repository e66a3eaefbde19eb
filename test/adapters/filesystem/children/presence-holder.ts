import { createFilePresence } from '../../../../src/adapters/filesystem/file-presence.ts';
import type { EngineId } from '../../../../src/domain/identifiers.ts';

// arguments: folder, engine; announces it and stays until it is killed
const [folder = '', engine = ''] = process.argv.slice(2);
await createFilePresence({ folder }).announce(engine as EngineId);
process.stdout.write('ready\n');
setInterval(() => undefined, 60_000);
