import type { ImageExtent, ImageSource } from '../../ports/image-source.ts';
import type { ByteBudget } from './byte-budget.ts';
import { ConnectionEnded } from './connection-ended.ts';
import type { Agreement, Line } from './negotiate.ts';
import { nbdLimits } from './nbd-limits.ts';
import {
  commandFlags,
  nbdCommands,
  nbdErrors,
  nbdMagic,
  requestHeaderBytes,
} from './nbd-protocol.ts';
import {
  allocationChunk,
  type Cookie,
  endChunk,
  errorChunk,
  pieceChunk,
  simpleReply,
} from './replies.ts';

export interface Transmission extends Agreement, Line {
  /** Shared by all connections. */
  readonly budget: ByteBudget;
  /** Told of what could not be read, in one line. */
  readonly onProblem: (line: string) => void;
  /** Ends the connection at once: what a client waits for will not come. */
  readonly abandon: () => void;
}

interface Request {
  readonly flags: number;
  readonly type: number;
  readonly cookie: Cookie;
  readonly offset: number;
  readonly lengthBytes: number;
}

/**
 * Answers a client until it disconnects. Requests are answered as they get done, several at once.
 *
 * @throws ConnectionEnded when it goes without a word, or breaks the protocol
 */
export async function answerRequests(transmission: Transmission): Promise<void> {
  const { reader, abandon } = transmission;
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  try {
    for (;;) {
      const request = parseRequest(await reader.read(requestHeaderBytes));
      if (request.type === nbdCommands.disconnect) return;
      // Nothing that it would write is wanted; it stands between this request and the next one.
      if (request.type === nbdCommands.write) {
        if (request.lengthBytes > nbdLimits.requestMaxBytes) throw new ConnectionEnded('too much');
        await reader.skip(request.lengthBytes);
      }
      while (running.size >= nbdLimits.requestsAtOnceMax) await Promise.race(running);
      const answered = answer(transmission, request)
        .catch((error: unknown) => {
          failures.push(error);
          abandon();
        })
        .finally(() => running.delete(answered));
      running.add(answered);
    }
  } catch (error) {
    await Promise.allSettled(running);
    // Whatever the reader met then, why the connection was given up is what counts.
    throw failures.find((failure) => !(failure instanceof ConnectionEnded)) ?? error;
  } finally {
    await Promise.allSettled(running);
  }
}

function parseRequest(head: Buffer): Request {
  if (head.readUInt32BE() !== nbdMagic.request) throw new ConnectionEnded('no request came');
  return {
    flags: head.readUInt16BE(4),
    type: head.readUInt16BE(6),
    cookie: head.readBigUInt64BE(8),
    // More than a number can hold is beyond the end of every image, and stays so.
    offset: Number(head.readBigUInt64BE(16)),
    lengthBytes: head.readUInt32BE(24),
  };
}

async function answer(transmission: Transmission, request: Request): Promise<void> {
  switch (request.type) {
    case nbdCommands.read: {
      await answerRead(transmission, request);
      return;
    }
    case nbdCommands.blockStatus: {
      await answerBlockStatus(transmission, request);
      return;
    }
    case nbdCommands.flush: {
      await done(transmission, request);
      return;
    }
    case nbdCommands.write:
    case nbdCommands.trim:
    case nbdCommands.writeZeroes: {
      await refuse(transmission, request, nbdErrors.notPermitted, 'this is only read');
      return;
    }
    default: {
      await refuse(transmission, request, nbdErrors.invalid, 'there is no such request');
      return;
    }
  }
}

async function answerRead(transmission: Transmission, request: Request): Promise<void> {
  const problem = problemOfRange(transmission.chosen.image, request);
  if (problem !== null) {
    await refuse(transmission, request, nbdErrors.invalid, problem);
    return;
  }
  if (request.lengthBytes > nbdLimits.requestMaxBytes) {
    await refuse(transmission, request, nbdErrors.invalid, 'more than is read at once');
    return;
  }
  const giveBack = await transmission.budget.take(request.lengthBytes);
  try {
    const isWhole = (request.flags & commandFlags.dontFragment) !== 0;
    if (transmission.replies === 'simple') await readWhole(transmission, request, 'simple');
    else if (isWhole) await readWhole(transmission, request, 'structured');
    else await readInPieces(transmission, request);
  } finally {
    giveBack();
  }
}

/** Each piece is sent as it comes; what cannot be read ends the answer with an error. */
async function readInPieces(transmission: Transmission, request: Request): Promise<void> {
  const { writer, chosen, onProblem } = transmission;
  const { cookie, offset, lengthBytes } = request;
  let next = offset;
  const pieces = chosen.image.read(offset, lengthBytes)[Symbol.asyncIterator]();
  try {
    for (;;) {
      let step;
      try {
        step = await pieces.next();
      } catch (error) {
        const message = messageOf(error);
        onProblem(`${chosen.name} cannot be read at ${next}: ${message}`);
        const what = { error: nbdErrors.input, message, offset: next };
        await writer.send(...errorChunk(cookie, what));
        return;
      }
      if (step.done === true) {
        await writer.send(...endChunk(cookie));
        return;
      }
      await writer.send(...pieceChunk(cookie, step.value));
      next = step.value.offset + step.value.lengthBytes;
    }
  } finally {
    // Whoever reads ahead stops when nothing can be sent.
    await pieces.return?.();
  }
}

/** Nothing is sent before all of it is read: this kind of answer cannot take anything back. */
async function readWhole(
  transmission: Transmission,
  request: Request,
  kind: Agreement['replies'],
): Promise<void> {
  const { writer, chosen, onProblem } = transmission;
  const { cookie, offset, lengthBytes } = request;
  const bytes = Buffer.alloc(lengthBytes);
  try {
    for await (const piece of chosen.image.read(offset, lengthBytes)) {
      bytes.set(piece.bytes, piece.offset - offset);
    }
  } catch (error) {
    const message = messageOf(error);
    onProblem(`${chosen.name} cannot be read at ${offset}: ${message}`);
    await refuse(transmission, request, nbdErrors.input, message);
    return;
  }
  if (kind === 'simple') {
    await writer.send(simpleReply(cookie, 0), bytes);
    return;
  }
  await writer.send(...pieceChunk(cookie, { state: 'data', offset, lengthBytes, bytes }));
  await writer.send(...endChunk(cookie));
}

async function answerBlockStatus(transmission: Transmission, request: Request): Promise<void> {
  const { writer, chosen, allocation, onProblem } = transmission;
  if (allocation === 'not-selected') {
    await refuse(transmission, request, nbdErrors.invalid, 'base:allocation is not selected');
    return;
  }
  const problem = problemOfRange(chosen.image, request);
  if (problem !== null) {
    await refuse(transmission, request, nbdErrors.invalid, problem);
    return;
  }
  const extentsMax = (request.flags & commandFlags.oneExtent) === 0 ? nbdLimits.extentsMax : 1;
  const extents: ImageExtent[] = [];
  try {
    for await (const extent of chosen.image.extents(request.offset, request.lengthBytes)) {
      extents.push(extent);
      if (extents.length >= extentsMax) break;
    }
  } catch (error) {
    // The client asks for the rest again, and is told then.
    if (extents.length === 0) {
      const message = messageOf(error);
      onProblem(`what is allocated of ${chosen.name} at ${request.offset}: ${message}`);
      await refuse(transmission, request, nbdErrors.input, message);
      return;
    }
  }
  await writer.send(...allocationChunk(request.cookie, extents));
}

function problemOfRange(
  { sizeBytes }: ImageSource,
  { offset, lengthBytes }: Request,
): string | null {
  if (lengthBytes === 0) return 'nothing is asked for';
  return offset + lengthBytes <= sizeBytes ? null : `that is beyond its ${sizeBytes} bytes`;
}

async function done({ writer, replies }: Transmission, { cookie }: Request): Promise<void> {
  if (replies === 'simple') await writer.send(simpleReply(cookie, 0));
  else await writer.send(...endChunk(cookie));
}

async function refuse(
  { writer, replies }: Transmission,
  { cookie }: Request,
  error: number,
  message: string,
): Promise<void> {
  if (replies === 'simple') await writer.send(simpleReply(cookie, error));
  else await writer.send(...errorChunk(cookie, { error, message }));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
