import { once } from 'node:events';
import { hasErrorCode } from '../../../../../src/domain/errors/snapledger-error.ts';
import type { ObjectKey } from '../../../../../src/ports/object-store.ts';
import { openS3StoreOn, quickLimits } from '../../../../support/aws/s3/s3-store-on.ts';

// arguments: endpoint, author, number of keys; waits for a line, tells what it won
const [endpoint = '', author = '', keyCount = ''] = process.argv.slice(2);
// every lost reply of the test may be met by the same creation
const store = openS3StoreOn(endpoint, { ...quickLimits, attemptsMax: 20 });
const body = new Uint8Array(20_000).fill(Number(author));

process.stdout.write('ready\n');
await once(process.stdin, 'data');
const won: number[] = [];
for (let number = 0; number < Number(keyCount); number++) {
  try {
    await store.create(`race/${number}` as ObjectKey, body);
    won.push(number);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
  }
}
process.stdout.write(`${JSON.stringify(won)}\n`);
process.stdin.destroy();
store.close();
