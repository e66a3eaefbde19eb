import { SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';

/** A body that tells who wrote it in every byte of it, so that a mixture of two is found. */
export function bodyOf(author: number, sizeBytes: number): Uint8Array {
  return new Uint8Array(sizeBytes).fill(author);
}

/** Who wrote the whole of `body`. Throws for a body that is no one author's. */
export function authorOf(body: Uint8Array, sizeBytes: number): number {
  const author = body[0] ?? -1;
  if (body.byteLength === sizeBytes && body.every((byte) => byte === author)) return author;
  throw new SnapledgerError('INTERNAL', `a body of ${body.byteLength} bytes is not whole`);
}
