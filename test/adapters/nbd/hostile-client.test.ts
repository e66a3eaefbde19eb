import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { nbdLimits } from '../../../src/adapters/nbd/nbd-limits.ts';
import { type NbdServer, serveNbd } from '../../../src/adapters/nbd/serve-nbd.ts';
import { mutatedBytes } from '../../support/fuzz/mutated-bytes.ts';
import { NbdClient, text, uint32 } from '../../support/nbd/nbd-client.ts';
import { sampleByte, sampleImage } from '../../support/nbd/sample-image.ts';

const runs = Number(process.env['SNAPLEDGER_FUZZ_RUNS'] ?? '400');
const seed = Number(process.env['SNAPLEDGER_FUZZ_SEED'] ?? '1');

const kib = 1024;
const disk = sampleImage([
  { state: 'data', lengthBytes: 8 * kib },
  { state: 'hole', lengthBytes: 8 * kib },
  { state: 'damaged', lengthBytes: 4 * kib },
]);

const option = (type: number, data: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([Buffer.from('IHAVEOPT'), uint32(type), uint32(data.length), data]);

function request(type: number, offset: number, lengthBytes: number): Buffer {
  const head = Buffer.alloc(28);
  head.writeUInt32BE(0x25609513, 0);
  head.writeUInt16BE(type, 6);
  head.writeBigUInt64BE(BigInt(offset), 16);
  head.writeUInt32BE(lengthBytes, 24);
  return head;
}

const asked = [
  ...[request(0, 0, 4 * kib), request(7, 0, 16 * kib), request(3, 0, 0), request(0, 16 * kib, kib)],
  ...[request(1, 0, 64), Buffer.alloc(64), request(0, 0, 16), request(2, 0, 0)],
];
const go = Buffer.concat([text('xvda'), Buffer.from([0, 1, 0, 3])]);
const context = Buffer.concat([text('xvda'), uint32(1), text('base:allocation')]);
/** What clients say from their flags on, to the end. */
const dialogues = [
  Buffer.concat([uint32(3), option(8), option(10, context), option(7, go), ...asked]),
  Buffer.concat([uint32(3), option(3), option(6, go), option(1, Buffer.from('xvda')), ...asked]),
  Buffer.concat([uint32(1), option(9, context), option(2)]),
];

/** Options that are sound in themselves, with data that are not, and requests after them. */
const oddOptions = fc
  .array(
    fc.record({
      type: fc.constantFrom(1, 3, 6, 7, 8, 9, 10, 99),
      data: mutatedBytes([go, context, Buffer.from('xvda')]),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((all) =>
    Buffer.concat([
      ...[uint32(3), option(8), ...all.map(({ type, data }) => option(type, data))],
      ...[option(7, go), ...asked],
    ]),
  );

/** Says all of it, in pieces, and goes; waits for no answer. */
async function say(port: number, bytes: Buffer, pieceBytes: number): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port });
  let received = 0;
  socket.on('data', (data) => (received += data.length));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  for (let at = 0; at < bytes.length && socket.writable; at += pieceBytes) {
    socket.write(bytes.subarray(at, at + pieceBytes));
  }
  socket.end();
  const closed = once(socket, 'close');
  await Promise.race([closed, sleep(2000, null, { ref: false })]);
  assert.ok(socket.destroyed, 'who has said all is let go');
  return received;
}

describe('a client of NBD that says anything', { timeout: 300_000 }, () => {
  let server: NbdServer;
  const problems: string[] = [];
  before(async () => {
    server = await serveNbd({
      exports: [{ name: 'xvda', description: 'the root', image: disk }],
      host: '127.0.0.1',
      port: 0,
      onProblem: (line) => problems.push(line),
    });
  });
  after(() => server.close());

  it('is let go, takes little memory, and keeps nobody from the right content', async () => {
    const other = await NbdClient.open(server.port);
    await other.go('xvda');
    const dialogue = fc.record({
      bytes: fc.oneof(mutatedBytes(dialogues), oddOptions),
      pieceBytes: fc.constantFrom(1, 7, 64, 4096),
    });
    await fc.assert(
      fc.asyncProperty(dialogue, async ({ bytes, pieceBytes }) => {
        const received = await say(server.port, bytes, pieceBytes);
        assert.ok(received < nbdLimits.requestMaxBytes);
        other.request(0, 100, 16);
        const [chunk] = await other.readChunks();
        assert.deepEqual(
          [...(chunk?.data.subarray(8) ?? [])],
          Array.from({ length: 16 }, (_, n) => sampleByte(100 + n)),
        );
      }),
      { numRuns: runs, seed },
    );
    other.close();
    assert.ok(problems.length > 0, 'some come as far as to ask for what is damaged');
    // And nothing of this program.
    for (const problem of problems)
      assert.match(problem, /^(xvda cannot be read at|what is allocated of xvda)/);
    assert.ok(process.resourceUsage().maxRSS < 512 * kib, 'KiB');
  });
});
