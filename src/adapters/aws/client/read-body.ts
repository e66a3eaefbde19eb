import { Readable } from 'node:stream';
import { DamagedReply } from './aws-failure.ts';

/**
 * Reads the body of a reply into a buffer of its own.
 *
 * @throws DamagedReply when it is shorter or longer than `lengthBytes`, and what the connection throws
 */
export async function readBody(body: unknown, lengthBytes: number): Promise<Uint8Array> {
  if (!(body instanceof Readable)) throw new DamagedReply('the reply has no body');
  // not from the pool, which would keep strangers alive and share them with the caller
  const bytes = new Uint8Array(lengthBytes);
  let atBytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    if (atBytes + chunk.byteLength > lengthBytes) break;
    bytes.set(chunk, atBytes);
    atBytes += chunk.byteLength;
  }
  if (atBytes === lengthBytes) return bytes;
  throw new DamagedReply(`the reply has not the ${lengthBytes} bytes that it announced`);
}

/** Gives the connection free when nobody reads the body to its end. */
export function stopBody(body: unknown): void {
  if (body instanceof Readable && !body.readableEnded) body.destroy();
}
