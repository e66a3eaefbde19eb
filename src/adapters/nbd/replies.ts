import type { ImageExtent, ImagePiece } from '../../ports/image-source.ts';
import {
  allocationFlags,
  baseAllocation,
  chunkDone,
  chunkTypes,
  nbdMagic,
} from './nbd-protocol.ts';

/** Whatever a client calls a request; it stands in all that is answered. */
export type Cookie = bigint;

export function simpleReply(cookie: Cookie, error: number): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(nbdMagic.simpleReply, 0);
  head.writeUInt32BE(error, 4);
  head.writeBigUInt64BE(cookie, 8);
  return head;
}

/** A part of an answer, to be sent as one. */
export type Chunk = readonly Uint8Array[];

/** The last part of an answer all of whose content was sent. */
export function endChunk(cookie: Cookie): Chunk {
  return [chunkHead(cookie, chunkTypes.none, 'last', 0)];
}

/** The content of a part of the image. */
export function pieceChunk(cookie: Cookie, piece: ImagePiece): Chunk {
  const { state, offset, lengthBytes, bytes } = piece;
  const place = Buffer.alloc(8);
  place.writeBigUInt64BE(BigInt(offset));
  if (state === 'data') {
    const head = chunkHead(cookie, chunkTypes.offsetData, 'more', 8 + bytes.length);
    return [head, place, bytes];
  }
  const length = Buffer.alloc(4);
  length.writeUInt32BE(lengthBytes);
  return [chunkHead(cookie, chunkTypes.offsetHole, 'more', 12), place, length];
}

/** The last part of an answer that cannot be given, or not to its end. */
export function errorChunk(
  cookie: Cookie,
  {
    error,
    message,
    offset,
  }: { readonly error: number; readonly message: string; readonly offset?: number },
): Chunk {
  const text = Buffer.from(message, 'utf8').subarray(0, 1024);
  const what = Buffer.alloc(6);
  what.writeUInt32BE(error, 0);
  what.writeUInt16BE(text.length, 4);
  const place = Buffer.alloc(offset === undefined ? 0 : 8);
  if (offset !== undefined) place.writeBigUInt64BE(BigInt(offset));
  const type = offset === undefined ? chunkTypes.error : chunkTypes.errorOffset;
  const lengthBytes = what.length + text.length + place.length;
  return [chunkHead(cookie, type, 'last', lengthBytes), what, text, place];
}

/** What is allocated, as the meta context `base:allocation` tells it. */
export function allocationChunk(cookie: Cookie, extents: readonly ImageExtent[]): Chunk {
  const content = Buffer.alloc(4 + 8 * extents.length);
  content.writeUInt32BE(baseAllocation.id, 0);
  for (const [number, { state, lengthBytes }] of extents.entries()) {
    content.writeUInt32BE(lengthBytes, 4 + 8 * number);
    content.writeUInt32BE(flagsOf(state), 8 + 8 * number);
  }
  return [chunkHead(cookie, chunkTypes.blockStatus, 'last', content.length), content];
}

function flagsOf(state: ImageExtent['state']): number {
  switch (state) {
    case 'data':
      return 0;
    case 'zero':
      return allocationFlags.zero;
    case 'hole':
      return allocationFlags.hole | allocationFlags.zero;
  }
}

function chunkHead(
  cookie: Cookie,
  type: number,
  place: 'more' | 'last',
  lengthBytes: number,
): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32BE(nbdMagic.structuredReply, 0);
  head.writeUInt16BE(place === 'last' ? chunkDone : 0, 4);
  head.writeUInt16BE(type, 6);
  head.writeBigUInt64BE(cookie, 8);
  head.writeUInt32BE(lengthBytes, 16);
  return head;
}
