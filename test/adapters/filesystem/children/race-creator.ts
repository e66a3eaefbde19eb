import { once } from 'node:events';
import { openFilesystemObjectStore } from '../../../../src/adapters/filesystem/filesystem-object-store.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';
import { bodyOf } from './store-body.ts';

// arguments: root, author, number of keys, size of a body; waits for a line, tells what it won
const [root = '', author = '', keyCount = '', sizeBytes = ''] = process.argv.slice(2);
const store = await openFilesystemObjectStore({ root });
const body = bodyOf(Number(author), Number(sizeBytes));

process.stdout.write('ready\n');
await once(process.stdin, 'data');
const won: number[] = [];
for (let number = 0; number < Number(keyCount); number++) {
  try {
    await store.create(`race/${number % 10}/${number}` as ObjectKey, body);
    won.push(number);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
  }
}
process.stdout.write(`${JSON.stringify(won)}\n`);
process.stdin.destroy();
