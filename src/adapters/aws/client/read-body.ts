import { Readable } from 'node:stream';
import { DamagedReply } from './aws-failure.ts';

/**
 * Reads the body of a reply, which has to be as long as `into`. Whoever gives the reading up stops the body: then nothing
 * is written any more.
 *
 * @throws DamagedReply when it is shorter or longer, and what the connection throws
 */
export function readBody(body: unknown, into: Uint8Array): Promise<void> {
  if (!(body instanceof Readable)) {
    return Promise.reject(new DamagedReply('the reply has no body'));
  }
  if (body.destroyed) return Promise.reject(body.errored ?? wrongLength(into));
  // Events and not iteration, which makes several promises for each of a body's many parts.
  return new Promise((resolve, reject) => {
    let atBytes = 0;
    body.on('data', (chunk: Uint8Array) => {
      const endBytes = atBytes + chunk.byteLength;
      if (endBytes <= into.byteLength) into.set(chunk, atBytes);
      else body.destroy();
      atBytes = endBytes;
    });
    body.once('end', () => {
      if (atBytes === into.byteLength) resolve();
      else reject(wrongLength(into));
    });
    body.once('error', reject);
    body.once('close', () => {
      if (!body.readableEnded) reject(wrongLength(into));
    });
  });
}

function wrongLength({ byteLength }: Uint8Array): DamagedReply {
  return new DamagedReply(`the reply has not the ${byteLength} bytes that it announced`);
}

/** Gives the connection free when nobody reads the body to its end. */
export function stopBody(body: unknown): void {
  if (body instanceof Readable && !body.readableEnded) body.destroy();
}
