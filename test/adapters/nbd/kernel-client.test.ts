import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type NbdServer, serveNbd } from '../../../src/adapters/nbd/serve-nbd.ts';
import { ack, NbdClient, uint32 } from '../../support/nbd/nbd-client.ts';
import { sampleByte, sampleImage } from '../../support/nbd/sample-image.ts';

const kib = 1024;
const disk = sampleImage([
  { state: 'data', lengthBytes: 1024 * kib },
  { state: 'hole', lengthBytes: 1024 * kib },
]);
/** What Linux can have on its way on one connection. */
const queueDepth = 128;
/** A page, the most that Linux takes for a block of a disk; it reads more at once, and no less. */
const kernelBlockBytes = 4 * kib;
const flags = { hasFlags: 1, readOnly: 2, sendFlush: 4, canMultiConnect: 256 } as const;

/*
 * Says byte for byte what nbd-client 3.24 of Debian says, which was looked at with strace, and then what the
 * kernel says on the connection that it is handed. The kernel itself is test/peers/nbd/kernel.peer.ts.
 */
describe('the client of the Linux kernel', { timeout: 60_000 }, () => {
  let server: NbdServer;
  before(async () => {
    server = await serveNbd({
      exports: [{ name: 'xvda', description: '', image: disk }],
      host: '127.0.0.1',
      port: 0,
      onProblem: (line) => assert.fail(line),
    });
  });
  after(() => server.close());

  /** NBD_OPT_GO in four pieces, with a wish for no information. */
  const byGo = async (): Promise<{ client: NbdClient; size: bigint; flags: number }> => {
    const client = await NbdClient.open(server.port);
    client.send(Buffer.from('IHAVEOPT'), uint32(7), uint32(10));
    for (const piece of [uint32(4), Buffer.from('xvda'), Buffer.alloc(2)]) client.send(piece);
    const [info, blockSizes, last] = [
      await client.readOptionReply(),
      await client.readOptionReply(),
      await client.readOptionReply(),
    ];
    assert.equal(info.data.readUInt16BE(), 0);
    assert.deepEqual([blockSizes.data.readUInt16BE(), blockSizes.data.readUInt32BE(2)], [3, 1]);
    assert.equal(last.type, ack);
    return { client, size: info.data.readBigUInt64BE(2), flags: info.data.readUInt16BE(10) };
  };

  /** NBD_OPT_EXPORT_NAME, which it says for servers that do not know the other, and with -g. */
  const byName = async (): Promise<{ client: NbdClient; size: bigint; flags: number }> => {
    const client = await NbdClient.open(server.port);
    client.sendOption(1, Buffer.from('xvda'));
    const answer = await client.read(10);
    return { client, size: answer.readBigUInt64BE(), flags: answer.readUInt16BE(8) };
  };

  for (const [how, begin] of [
    ['NBD_OPT_GO', byGo],
    ['NBD_OPT_EXPORT_NAME', byName],
  ] as const) {
    it(`comes to a disk that is only read by ${how}, which may be read over several connections`, async () => {
      const begun = await begin();
      assert.equal(begun.size, BigInt(2048 * kib));
      assert.equal(begun.flags, flags.hasFlags | flags.readOnly | flags.canMultiConnect);
      // Without this flag Linux sends no flush, and there is nothing to be flushed.
      assert.equal(begun.flags & flags.sendFlush, 0);
      begun.client.close();
    });

    it(`reads by simple replies in any order, and ends, after ${how}`, async () => {
      const { client } = await begin();
      for (let n = 0; n < queueDepth; n += 1) {
        client.request(0, n * 4 * kernelBlockBytes, kernelBlockBytes, { cookie: BigInt(n) });
      }
      const seen = new Set<number>();
      while (seen.size < queueDepth) {
        const head = await client.read(16);
        assert.deepEqual([head.readUInt32BE(), head.readUInt32BE(4)], [0x67446698, 0]);
        const n = Number(head.readBigUInt64BE(8));
        const content = await client.read(kernelBlockBytes);
        const from = n * 4 * kernelBlockBytes;
        const isHole = from >= 1024 * kib;
        assert.ok(content.every((byte, at) => byte === (isHole ? 0 : sampleByte(from + at))));
        seen.add(n);
      }
      // Reading ahead asks for more at once; a disk idle for long says nothing, and is kept.
      client.request(0, 896 * kib, 256 * kib);
      const { error, data } = await client.readSimple(256 * kib);
      assert.equal(error, 0);
      assert.equal(data[0], sampleByte(896 * kib));
      assert.equal(data.at(-1), 0);
      client.request(2, 0, 0);
      assert.ok(await client.isLetGo());
    });
  }
});
