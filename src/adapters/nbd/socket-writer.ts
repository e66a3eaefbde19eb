import type { Socket } from 'node:net';
import { ConnectionEnded } from './connection-ended.ts';
import { nbdLimits } from './nbd-limits.ts';

/** Writes whole messages one after the other, each when the one before was taken. */
export class SocketWriter {
  readonly #socket: Socket;
  #last: Promise<void> = Promise.resolve();

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Resolves when the bytes may be used again. @throws ConnectionEnded */
  send(...parts: readonly Uint8Array[]): Promise<void> {
    const sent = this.#last.then(() => this.#write(parts));
    this.#last = sent.catch(() => undefined);
    return sent;
  }

  #write(parts: readonly Uint8Array[]): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      if (socket.destroyed) {
        reject(new ConnectionEnded('nothing can be sent'));
        return;
      }
      const stalled = setTimeout(() => {
        socket.destroy();
      }, nbdLimits.stalledWriteTimeoutMs);
      const done = (error?: Error | null): void => {
        clearTimeout(stalled);
        if (error === null || error === undefined) resolve();
        else reject(new ConnectionEnded(error.message));
      };
      socket.cork();
      for (const part of parts.slice(0, -1)) socket.write(part);
      socket.write(parts.at(-1) ?? new Uint8Array(), done);
      socket.uncork();
    });
  }
}
