import type { Socket } from 'node:net';
import { ConnectionEnded } from './connection-ended.ts';

/** Reads a socket in pieces of a known length. What is not asked for stays in the system's buffers. */
export class SocketReader {
  readonly #socket: Socket;
  #goOn: () => void = () => undefined;

  /** One reader for a socket: it listens for as long as that lives. */
  constructor(socket: Socket) {
    this.#socket = socket;
    // Once, and not for each wait: a listener that is added while something is buffered, though less
    // than is waited for, is called at once, again and again, and nothing else comes to its turn.
    for (const event of ['readable', 'end', 'close', 'error']) {
      socket.on(event, () => {
        this.#goOn();
      });
    }
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
      await new Promise<void>((resolve) => {
        this.#goOn = resolve;
      });
    }
  }

  /** Reads and forgets. @throws ConnectionEnded */
  async skip(lengthBytes: number): Promise<void> {
    const pieceBytes = 64 * 1024;
    for (let left = lengthBytes; left > 0; left -= pieceBytes) {
      await this.read(Math.min(left, pieceBytes));
    }
  }
}
