import type { Socket } from 'node:net';
import { ConnectionEnded } from './connection-ended.ts';

/** Reads a socket in pieces of a known length. What is not asked for stays in the system's buffers. */
export class SocketReader {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Exactly so many bytes. @throws ConnectionEnded when they do not come */
  async read(lengthBytes: number): Promise<Buffer> {
    if (lengthBytes === 0) return Buffer.alloc(0);
    for (;;) {
      const bytes = this.#socket.read(lengthBytes) as Buffer | null;
      // At its end a socket gives what is left, though that is less.
      if (bytes?.length === lengthBytes) return bytes;
      if (bytes !== null || this.#socket.readableEnded || this.#socket.destroyed) {
        throw new ConnectionEnded('no more was sent');
      }
      await this.#readable();
    }
  }

  /** Reads and forgets. @throws ConnectionEnded */
  async skip(lengthBytes: number): Promise<void> {
    const pieceBytes = 64 * 1024;
    for (let left = lengthBytes; left > 0; left -= pieceBytes) {
      await this.read(Math.min(left, pieceBytes));
    }
  }

  #readable(): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      const done = (): void => {
        for (const event of ['readable', 'end', 'close', 'error']) socket.off(event, done);
        resolve();
      };
      for (const event of ['readable', 'end', 'close', 'error']) socket.on(event, done);
    });
  }
}
