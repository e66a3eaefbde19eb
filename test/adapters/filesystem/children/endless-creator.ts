import { openFilesystemObjectStore } from '../../../../src/adapters/filesystem/filesystem-object-store.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';
import { bodyOf } from './store-body.ts';

// arguments: root, first number, size of a body; creates until it is killed
const [root = '', firstNumber = '', sizeBytes = ''] = process.argv.slice(2);
const store = await openFilesystemObjectStore({ root });

process.stdout.write('ready\n');
for (let number = Number(firstNumber); ; number++) {
  await store.create(`killed/${number}` as ObjectKey, bodyOf(number % 256, Number(sizeBytes)));
  process.stdout.write(`${number}\n`);
}
