import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/*
 * A client of the NBD protocol that is written from its specification alone, and can be told to
 * break it. It keeps its own numbers: those of the server may be wrong.
 */

export interface OptionReply {
  readonly option: number;
  readonly type: number;
  readonly data: Buffer;
}

export interface ReplyChunk {
  readonly cookie: bigint;
  readonly type: number;
  readonly isLast: boolean;
  readonly data: Buffer;
}

export const ack = 1;

export class NbdClient {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => (this.#received = Buffer.concat([this.#received, data])));
  }

  /** Connects, and answers the greeting. */
  static async open(port: number, clientFlags = 3): Promise<NbdClient> {
    const socket = connect({ host: '127.0.0.1', port });
    await once(socket, 'connect');
    const client = new NbdClient(socket);
    const greeting = await client.read(18);
    if (greeting.subarray(0, 16).toString('latin1') !== 'NBDMAGICIHAVEOPT') {
      throw new Error('this is no NBD server');
    }
    if (greeting.readUInt16BE(16) !== 3) throw new Error('fixed newstyle, without zeroes');
    client.send(uint32(clientFlags));
    return client;
  }

  /** Exactly so many bytes. */
  async read(lengthBytes: number): Promise<Buffer> {
    while (this.#received.length < lengthBytes) {
      if (this.#socket.destroyed || this.#socket.readableEnded) throw new Error('the server went');
      await this.#moreOrEnd();
    }
    const bytes = this.#received.subarray(0, lengthBytes);
    this.#received = this.#received.subarray(lengthBytes);
    return bytes;
  }

  #moreOrEnd(): Promise<void> {
    const socket = this.#socket;
    const events = ['data', 'end', 'close'];
    return new Promise((resolve) => {
      const done = (): void => {
        for (const event of events) socket.off(event, done);
        resolve();
      };
      for (const event of events) socket.on(event, done);
    });
  }

  send(...parts: readonly Buffer[]): void {
    this.#socket.write(Buffer.concat(parts));
  }

  sendOption(option: number, data: Buffer = Buffer.alloc(0)): void {
    this.send(Buffer.from('IHAVEOPT', 'latin1'), uint32(option), uint32(data.length), data);
  }

  async readOptionReply(): Promise<OptionReply> {
    const head = await this.read(20);
    if (head.readBigUInt64BE() !== 0x3e889045565a9n) throw new Error('no reply to an option');
    const data = Buffer.from(await this.read(head.readUInt32BE(16)));
    return { option: head.readUInt32BE(8), type: head.readUInt32BE(12), data };
  }

  /** Sends an option and reads all that is answered. */
  async option(option: number, data?: Buffer): Promise<readonly OptionReply[]> {
    this.sendOption(option, data);
    const replies: OptionReply[] = [];
    for (;;) {
      const reply = await this.readOptionReply();
      replies.push(reply);
      if (reply.type === ack || reply.type >= 0x8000_0000) return replies;
    }
  }

  /** Structured replies, the allocation, and this export. */
  async go(name: string): Promise<void> {
    await this.option(8);
    await this.option(10, Buffer.concat([text(name), uint32(1), text('base:allocation')]));
    const [...replies] = await this.option(7, Buffer.concat([text(name), Buffer.alloc(2)]));
    if (replies.at(-1)?.type !== ack) throw new Error('the export is refused');
  }

  request(
    type: number,
    offset: number | bigint,
    lengthBytes: number,
    { flags = 0, cookie = 7n }: { readonly flags?: number; readonly cookie?: bigint } = {},
  ): void {
    const head = Buffer.alloc(28);
    head.writeUInt32BE(0x25609513, 0);
    head.writeUInt16BE(flags, 4);
    head.writeUInt16BE(type, 6);
    head.writeBigUInt64BE(cookie, 8);
    head.writeBigUInt64BE(BigInt(offset), 16);
    head.writeUInt32BE(lengthBytes, 24);
    this.send(head);
  }

  async readChunk(): Promise<ReplyChunk> {
    const head = await this.read(20);
    if (head.readUInt32BE() !== 0x668e33ef) throw new Error('no structured reply');
    return {
      isLast: (head.readUInt16BE(4) & 1) === 1,
      type: head.readUInt16BE(6),
      cookie: head.readBigUInt64BE(8),
      data: Buffer.from(await this.read(head.readUInt32BE(16))),
    };
  }

  /** All chunks of the one request that is under way. */
  async readChunks(): Promise<readonly ReplyChunk[]> {
    const chunks: ReplyChunk[] = [];
    for (;;) {
      const chunk = await this.readChunk();
      chunks.push(chunk);
      if (chunk.isLast) return chunks;
    }
  }

  async readSimple(
    lengthBytes: number,
  ): Promise<{ readonly error: number; readonly data: Buffer }> {
    const head = await this.read(16);
    if (head.readUInt32BE() !== 0x67446698) throw new Error('no simple reply');
    const error = head.readUInt32BE(4);
    return { error, data: error === 0 ? await this.read(lengthBytes) : Buffer.alloc(0) };
  }

  /** True when the server closes the connection, and has sent nothing before. */
  async isLetGo(): Promise<boolean> {
    for (let looks = 0; looks < 200 && !this.#socket.destroyed; looks += 1) await sleep(10);
    return this.#socket.destroyed && this.#received.length === 0;
  }

  close(): void {
    this.#socket.destroy();
  }
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** With its length before it. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** The error that ends an answer, and its text. */
export function errorOf(chunks: readonly ReplyChunk[]): {
  readonly code: number;
  readonly text: string;
} {
  const last = chunks.at(-1);
  if (last === undefined || last.type < 0x8000) throw new Error('the answer has no error');
  const lengthBytes = last.data.readUInt16BE(4);
  return { code: last.data.readUInt32BE(), text: last.data.toString('utf8', 6, 6 + lengthBytes) };
}
