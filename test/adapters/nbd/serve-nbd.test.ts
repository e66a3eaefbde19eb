import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nbdLimits } from '../../../src/adapters/nbd/nbd-limits.ts';
import { type NbdServer, serveNbd } from '../../../src/adapters/nbd/serve-nbd.ts';
import type { ImageSource } from '../../../src/ports/image-source.ts';
import {
  ack,
  errorOf,
  NbdClient,
  type ReplyChunk,
  text,
  uint32,
} from '../../support/nbd/nbd-client.ts';
import { sampleByte, sampleImage } from '../../support/nbd/sample-image.ts';

const options = {
  exportName: 1,
  abort: 2,
  list: 3,
  info: 6,
  go: 7,
  structured: 8,
  listMeta: 9,
  setMeta: 10,
};
const commands = {
  read: 0,
  write: 1,
  disconnect: 2,
  flush: 3,
  trim: 4,
  writeZeroes: 6,
  blockStatus: 7,
};
const errors = {
  unsupported: 0x8000_0001,
  invalid: 0x8000_0003,
  unknown: 0x8000_0006,
  tooBig: 0x8000_0009,
};
const eio = 5;
const einval = 22;
const eperm = 1;

const kib = 1024;
const disk = sampleImage([
  { state: 'data', lengthBytes: 8 * kib },
  { state: 'zero', lengthBytes: 4 * kib },
  { state: 'hole', lengthBytes: 4 * kib },
  { state: 'damaged', lengthBytes: 4 * kib },
  { state: 'data', lengthBytes: 4 * kib },
]);
const sparse = sampleImage([{ state: 'hole', lengthBytes: 64 * 1024 * 1024 }]);

describe('an NBD server', { timeout: 60_000 }, () => {
  let server: NbdServer;
  const problems: string[] = [];
  const clients: NbdClient[] = [];
  before(async () => {
    server = await serveNbd({
      exports: [
        { name: 'xvda', description: 'the root', image: disk },
        { name: 'xvdb', description: '', image: sparse },
      ],
      host: '127.0.0.1',
      port: 0,
      onProblem: (line) => problems.push(line),
    });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  after(() => server.close());

  const open = async (clientFlags?: number): Promise<NbdClient> => {
    const client = await NbdClient.open(server.port, clientFlags);
    clients.push(client);
    return client;
  };
  const going = async (name = 'xvda'): Promise<NbdClient> => {
    const client = await open();
    await client.go(name);
    return client;
  };
  const noInfos = Buffer.alloc(2);

  describe('while it negotiates', () => {
    it('lists its exports with what they are', async () => {
      const client = await open();
      const replies = await client.option(options.list);
      assert.deepEqual(
        replies.slice(0, -1).map(({ data }) => data.toString('utf8', 4)),
        ['xvdathe root', 'xvdb'],
      );
      assert.equal(replies.at(-1)?.type, ack);
      const [refused] = await client.option(options.list, uint32(1));
      assert.equal(refused?.type, errors.invalid);
    });

    it('tells size, that it is only read, and how it is read best', async () => {
      const client = await open();
      await client.option(options.structured);
      for (const option of [options.info, options.go]) {
        const wanted = Buffer.from([0, 2, 0, 1, 0, 2]);
        const replies = await client.option(option, Buffer.concat([text('xvda'), wanted]));
        const infos = new Map(replies.slice(0, -1).map(({ data }) => [data.readUInt16BE(), data]));
        assert.equal(infos.get(0)?.readBigUInt64BE(2), BigInt(24 * kib));
        const hasFlags = 1 | 2 | (1 << 7) | (1 << 8);
        assert.equal(infos.get(0)?.readUInt16BE(10), hasFlags);
        assert.equal(infos.get(1)?.toString('utf8', 2), 'xvda');
        assert.equal(infos.get(2)?.toString('utf8', 2), 'the root');
        const sizes = [2, 6, 10].map((at) => infos.get(3)?.readUInt32BE(at));
        assert.deepEqual(sizes, [1, 512 * kib, 32 * 1024 * kib]);
        assert.equal(replies.at(-1)?.type, ack);
      }
    });

    it('refuses what it does not have or know, and goes on', async () => {
      const client = await open();
      const refusedWith = async (option: number, data?: Buffer): Promise<number | undefined> =>
        (await client.option(option, data)).at(-1)?.type;
      assert.equal(await refusedWith(5), errors.unsupported, 'there is no TLS');
      assert.equal(
        await refusedWith(options.go, Buffer.concat([text('xvdz'), noInfos])),
        errors.unknown,
      );
      assert.equal(
        await refusedWith(options.go, Buffer.concat([text(''), noInfos])),
        errors.unknown,
      );
      assert.equal(await refusedWith(options.info, Buffer.from([0, 0, 0, 9, 1])), errors.invalid);
      assert.equal(await refusedWith(options.info, Buffer.alloc(0)), errors.invalid);
      const allocation = Buffer.concat([text('xvda'), uint32(1), text('base:allocation')]);
      assert.equal(
        await refusedWith(options.setMeta, allocation),
        errors.invalid,
        'before structured replies',
      );
      assert.equal(
        await refusedWith(99, Buffer.alloc(nbdLimits.optionMaxBytes + 1)),
        errors.tooBig,
      );
      assert.equal(await refusedWith(options.abort), ack);
      assert.ok(await client.isLetGo());
    });

    it('tells which contexts there are, and selects the one it has', async () => {
      const client = await open();
      await client.option(options.structured);
      const contexts = async (option: number, ...queries: readonly string[]): Promise<string[]> => {
        const data = [text('xvda'), uint32(queries.length), ...queries.map(text)];
        const replies = await client.option(option, Buffer.concat(data));
        assert.equal(replies.at(-1)?.type, ack);
        return replies.slice(0, -1).map((reply) => reply.data.toString('utf8', 4));
      };
      for (const queries of [[], ['base:'], ['x:y', 'base:allocation']]) {
        assert.deepEqual(await contexts(options.listMeta, ...queries), ['base:allocation']);
      }
      assert.deepEqual(await contexts(options.setMeta, 'x:y', 'base:'), []);
      assert.deepEqual(await contexts(options.setMeta, 'base:allocation'), ['base:allocation']);
    });

    it('knows the old end of a negotiation, with and without its zeroes', async () => {
      for (const [flags, answerBytes] of [
        [3, 10],
        [1, 134],
      ] as const) {
        const client = await open(flags);
        client.sendOption(options.exportName, Buffer.from('xvda'));
        const answer = await client.read(answerBytes);
        assert.equal(answer.readBigUInt64BE(), BigInt(24 * kib));
        client.request(commands.read, 0, 16);
        const { error, data } = await client.readSimple(16);
        assert.equal(error, 0);
        assert.deepEqual(
          [...data],
          Array.from({ length: 16 }, (_, n) => sampleByte(n)),
        );
      }
      const client = await open();
      client.sendOption(options.exportName, Buffer.from('xvdz'));
      assert.ok(await client.isLetGo(), 'that end knows no error');
    });

    it('lets go whoever breaks the protocol', async () => {
      const oldstyle = await open(0);
      assert.ok(await oldstyle.isLetGo());
      const unknownFlags = await open(1 | 8);
      assert.ok(await unknownFlags.isLetGo());
      const noOption = await open();
      noOption.send(Buffer.alloc(16));
      assert.ok(await noOption.isLetGo());
      const endless = await open();
      endless.send(Buffer.from('IHAVEOPT'), uint32(options.list), uint32(0xffff_ffff));
      assert.ok(await endless.isLetGo());
    });

    it('answers a limited number of options', async () => {
      const client = await open();
      for (let n = 0; n < nbdLimits.optionsMax; n += 1) await client.option(5);
      assert.ok(await client.isLetGo());
    });
  });

  describe('when it is asked for content', () => {
    it('sends data as data, and says where there is none', async () => {
      const client = await going();
      client.request(commands.read, 6 * kib, 10 * kib, { cookie: 0x1122334455667788n });
      const chunks = await client.readChunks();
      assert.ok(chunks.every(({ cookie }) => cookie === 0x1122334455667788n));
      const shown = chunks.map(({ type, data }) => [
        type,
        ...(type === 0 ? [] : [Number(data.readBigUInt64BE())]),
        ...(type === 2 ? [data.readUInt32BE(8)] : type === 1 ? [data.length - 8] : []),
      ]);
      assert.deepEqual(shown, [
        [1, 6 * kib, 2 * kib],
        [2, 8 * kib, 4 * kib],
        [2, 12 * kib, 4 * kib],
        [0],
      ]);
      const [first] = chunks;
      assert.ok(first?.data.subarray(8).every((byte, n) => byte === sampleByte(6 * kib + n)));
    });

    it('sends it in one piece to whoever wants that', async () => {
      const client = await going();
      client.request(commands.read, 7 * kib, 2 * kib, { flags: 4 });
      const chunks = await client.readChunks();
      assert.deepEqual(
        chunks.map(({ type }) => type),
        [1, 0],
      );
      const content = chunks[0]?.data.subarray(8) ?? Buffer.alloc(0);
      assert.equal(content.length, 2 * kib);
      assert.ok(content.every((byte, n) => byte === (n < kib ? sampleByte(7 * kib + n) : 0)));
    });

    it('never sends anything in the place of what is damaged', async () => {
      const client = await going();
      client.request(commands.read, 14 * kib, 8 * kib);
      const chunks = await client.readChunks();
      assert.deepEqual(
        chunks.map(({ type }) => type),
        [2, 0x8002],
      );
      assert.deepEqual(errorOf(chunks), { code: eio, text: 'it is damaged' });
      const failed = chunks.at(-1);
      assert.ok(failed !== undefined);
      assert.equal(failed.data.readBigUInt64BE(failed.data.length - 8), BigInt(16 * kib));

      client.request(commands.read, 14 * kib, 8 * kib, { flags: 4 });
      assert.equal(errorOf(await client.readChunks()).code, eio);
      assert.ok(problems.some((line) => line.includes('xvda cannot be read at 16384')));

      const simple = await open();
      await simple.option(options.go, Buffer.concat([text('xvda'), noInfos]));
      simple.request(commands.read, 14 * kib, 8 * kib);
      assert.equal((await simple.readSimple(8 * kib)).error, eio);
      simple.request(commands.read, 20 * kib, 4);
      assert.deepEqual(
        [...(await simple.readSimple(4)).data],
        [0, 1, 2, 3].map((n) => sampleByte(20 * kib + n)),
      );
    });

    it('refuses what is beyond the end, too much, or nothing, and goes on', async () => {
      const client = await going('xvdb');
      const size = sparse.sizeBytes;
      for (const [offset, lengthBytes] of [
        [size - 1, 2],
        [2n ** 63n, 512],
        [2n ** 64n - 1n, 1],
        [0, nbdLimits.requestMaxBytes + 1],
        [0, 0],
      ] as const) {
        client.request(commands.read, offset, lengthBytes);
        assert.equal(errorOf(await client.readChunks()).code, einval, `${offset}+${lengthBytes}`);
      }
      client.request(commands.read, size - 1, 1);
      assert.deepEqual(
        (await client.readChunks()).map(({ type }) => type),
        [2, 0],
      );
    });

    it('lets nobody write, and is not put out of step by who tries', async () => {
      const client = await going();
      client.request(commands.write, 0, 512);
      client.send(Buffer.alloc(512, 0x25));
      assert.equal(errorOf(await client.readChunks()).code, eperm);
      for (const command of [commands.trim, commands.writeZeroes]) {
        client.request(command, 0, 512);
        assert.equal(errorOf(await client.readChunks()).code, eperm);
      }
      client.request(77, 0, 512);
      assert.equal(errorOf(await client.readChunks()).code, einval);
      client.request(commands.flush, 0, 0);
      assert.deepEqual(
        (await client.readChunks()).map(({ type }) => type),
        [0],
      );
      client.request(commands.disconnect, 0, 0);
      assert.ok(await client.isLetGo());
    });

    it('answers many requests at once, each by its own name', async () => {
      const client = await going();
      const wanted = Array.from({ length: 100 }, (_, n) => n);
      for (const n of wanted) client.request(commands.read, n, 1, { cookie: BigInt(n) });
      const seen = new Map<number, number>();
      while (seen.size < wanted.length) {
        const { type, cookie, data } = await client.readChunk();
        if (type === 1) seen.set(Number(cookie), data[8] ?? 0);
      }
      for (const n of wanted) assert.equal(seen.get(n), sampleByte(n));
    });

    it('serves others while a request has come only in part, and it when the rest comes', async () => {
      const [slow, other] = [await going(), await going()];
      const request = Buffer.alloc(28);
      request.writeUInt32BE(0x25609513);
      request.writeBigUInt64BE(77n, 8);
      request.writeUInt32BE(16, 24);
      for (const [begin, end] of [
        [0, 1],
        [1, 27],
      ] as const) {
        slow.send(request.subarray(begin, end));
        await sleep(20);
        other.request(commands.read, 0, 16);
        assert.equal((await other.readChunks()).length, 2);
      }
      slow.send(request.subarray(27));
      assert.equal((await slow.readChunk()).cookie, 77n);
    });

    it('lets go whoever sends what is no request', async () => {
      const client = await going();
      client.send(Buffer.alloc(28, 1));
      assert.ok(await client.isLetGo());
    });
  });

  describe('when it is asked what is allocated', () => {
    const statesOf = (chunk: ReplyChunk | undefined): number[][] => {
      assert.ok(chunk?.type === 5 && chunk.isLast);
      assert.equal(chunk.data.readUInt32BE(), 1, 'of the context that was selected');
      const states: number[][] = [];
      for (let at = 4; at < chunk.data.length; at += 8) {
        states.push([chunk.data.readUInt32BE(at), chunk.data.readUInt32BE(at + 4)]);
      }
      return states;
    };

    it('tells data, zeros and what was never written apart', async () => {
      const client = await going();
      client.request(commands.blockStatus, kib, 20 * kib);
      assert.deepEqual(statesOf((await client.readChunks())[0]), [
        [7 * kib, 0],
        [4 * kib, 2],
        [4 * kib, 3],
        [4 * kib, 0],
        [kib, 0],
      ]);
    });

    it('tells one extent to whoever wants one', async () => {
      const client = await going();
      client.request(commands.blockStatus, 9 * kib, 12 * kib, { flags: 8 });
      assert.deepEqual(statesOf((await client.readChunks())[0]), [[3 * kib, 2]]);
    });

    it('tells it only for the export for which it was selected', async () => {
      const client = await open();
      await client.option(options.structured);
      const other = Buffer.concat([text('xvdb'), uint32(1), text('base:allocation')]);
      await client.option(options.setMeta, other);
      await client.option(options.go, Buffer.concat([text('xvda'), noInfos]));
      client.request(commands.blockStatus, 0, kib);
      assert.equal(errorOf(await client.readChunks()).code, einval);
    });
  });

  it('takes a limited number of connections, and more when some have ended', async () => {
    const held: NbdClient[] = [];
    for (let n = 0; n < nbdLimits.connectionsMax; n += 1) held.push(await going());
    await assert.rejects(NbdClient.open(server.port));
    for (const client of held) client.close();
    // Until the server has noticed.
    for (let tries = 0; ; tries += 1) {
      const client = await open().catch(() => null);
      if (client !== null) break;
      assert.ok(tries < 100, 'there is room again');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  it('lets go whoever does not come to a choice, and nobody who has chosen', async () => {
    const image = { name: '', description: '', image: disk };
    const impatient = await serveNbd({
      exports: [image],
      host: '127.0.0.1',
      port: 0,
      onProblem: () => undefined,
      handshakeTimeoutMs: 300,
    });
    const chosen = await NbdClient.open(impatient.port);
    await chosen.go('');
    const hesitant = await NbdClient.open(impatient.port);
    assert.ok(await hesitant.isLetGo());
    chosen.request(commands.read, 0, 1);
    assert.deepEqual(
      (await chosen.readChunks()).map(({ type }) => type),
      [1, 0],
    );
    await impatient.close();
  });

  it('stops reading for a client that has gone', async () => {
    const piece = 512 * kib;
    const gone = Promise.withResolvers<undefined>();
    let given = 0;
    const ended: string[] = [];
    const endless: ImageSource = {
      sizeBytes: 64 * piece,
      async *read(offset, lengthBytes) {
        try {
          for (let next = offset; next < offset + lengthBytes; next += piece) {
            if (given > 0) await gone.promise;
            given += 1;
            const bytes = new Uint8Array(piece);
            yield { state: 'data', offset: next, lengthBytes: piece, bytes };
          }
        } finally {
          ended.push('reading');
        }
      },
      extents: () => sparse.extents(0, 1),
    };
    const another = await serveNbd({
      exports: [{ name: '', description: '', image: endless }],
      host: '127.0.0.1',
      port: 0,
      onProblem: (line) => assert.fail(line),
    });
    const client = await NbdClient.open(another.port);
    await client.go('');
    client.request(commands.read, 0, endless.sizeBytes);
    assert.equal((await client.readChunk()).type, 1);
    client.close();
    gone.resolve(undefined);
    await another.close();
    assert.ok(given < 64, 'not all of it was read');
    assert.deepEqual(ended, ['reading']);
  });

  it('ends its connections when it is closed, and cannot listen where another one does', async () => {
    const image = { name: '', description: '', image: disk };
    const place = { host: '127.0.0.1', onProblem: () => undefined, exports: [image] };
    const first = await serveNbd({ ...place, port: 0 });
    await assert.rejects(serveNbd({ ...place, port: first.port }), {
      code: 'INVALID_ARGUMENT',
      message: /cannot listen at 127\.0\.0\.1:\d+: .*EADDRINUSE/,
    });
    const client = await NbdClient.open(first.port);
    await client.go('');
    await first.close();
    assert.ok(await client.isLetGo());
  });
});
