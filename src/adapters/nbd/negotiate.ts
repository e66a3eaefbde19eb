import { ConnectionEnded } from './connection-ended.ts';
import { exportNamed, type NbdExport } from './nbd-export.ts';
import { nbdLimits } from './nbd-limits.ts';
import {
  baseAllocation,
  handshakeFlags,
  nbdInfo,
  nbdMagic,
  nbdOptions,
  optionErrors,
  optionReplies,
  transmissionFlags,
} from './nbd-protocol.ts';
import { parseInfoRequest, parseMetaContextRequest } from './option-data.ts';
import type { SocketReader } from './socket-reader.ts';
import type { SocketWriter } from './socket-writer.ts';

/** What client and server have agreed on. */
export interface Agreement {
  readonly chosen: NbdExport;
  readonly replies: 'simple' | 'structured';
  /** Whether the client may ask what is allocated. */
  readonly allocation: 'selected' | 'not-selected';
}

export interface Line {
  readonly reader: SocketReader;
  readonly writer: SocketWriter;
}

/**
 * The fixed newstyle negotiation, until the client has chosen an export.
 *
 * @returns null when the client has ended it
 * @throws ConnectionEnded also for a client that breaks the protocol
 */
export async function negotiate(
  line: Line,
  exports: readonly NbdExport[],
): Promise<Agreement | null> {
  const zeroes = await greet(line);
  const negotiation = new Negotiation(line, exports, zeroes);
  for (let options = 0; options < nbdLimits.optionsMax; options += 1) {
    const outcome = await negotiation.answerOption();
    if (outcome === 'ended') return null;
    if (outcome !== 'more') return outcome;
  }
  throw new ConnectionEnded('there were too many options');
}

async function greet({ reader, writer }: Line): Promise<'zeroes' | 'no-zeroes'> {
  const greeting = Buffer.alloc(18);
  greeting.writeBigUInt64BE(nbdMagic.greeting, 0);
  greeting.writeBigUInt64BE(nbdMagic.option, 8);
  greeting.writeUInt16BE(handshakeFlags.fixedNewstyle | handshakeFlags.noZeroes, 16);
  await writer.send(greeting);
  const flags = (await reader.read(4)).readUInt32BE();
  const known = handshakeFlags.fixedNewstyle | handshakeFlags.noZeroes;
  if ((flags & ~known) !== 0 || (flags & handshakeFlags.fixedNewstyle) === 0) {
    throw new ConnectionEnded('the client does not speak the fixed newstyle protocol');
  }
  return (flags & handshakeFlags.noZeroes) === 0 ? 'zeroes' : 'no-zeroes';
}

type Outcome = Agreement | 'more' | 'ended';

class Negotiation {
  readonly #line: Line;
  readonly #exports: readonly NbdExport[];
  readonly #zeroes: 'zeroes' | 'no-zeroes';
  #replies: Agreement['replies'] = 'simple';
  /** The export for which the client has selected the allocation; null: none. */
  #allocationOf: NbdExport | null = null;

  constructor(line: Line, exports: readonly NbdExport[], zeroes: 'zeroes' | 'no-zeroes') {
    this.#line = line;
    this.#exports = exports;
    this.#zeroes = zeroes;
  }

  async answerOption(): Promise<Outcome> {
    const { reader } = this.#line;
    const head = await reader.read(16);
    if (head.readBigUInt64BE() !== nbdMagic.option) throw new ConnectionEnded('no option came');
    const option = head.readUInt32BE(8);
    const lengthBytes = head.readUInt32BE(12);
    if (lengthBytes > nbdLimits.optionMaxBytes) {
      // What claims to be longer than all that can be asked for is not read to its end.
      if (lengthBytes > nbdLimits.requestMaxBytes)
        throw new ConnectionEnded('an option is too long');
      await reader.skip(lengthBytes);
      await this.#reply(option, optionErrors.tooBig);
      return 'more';
    }
    const data = await reader.read(lengthBytes);
    switch (option) {
      case nbdOptions.exportName:
        return await this.#exportName(data.toString('utf8'));
      case nbdOptions.abort:
        await this.#reply(option, optionReplies.ack).catch(() => undefined);
        return 'ended';
      case nbdOptions.list:
        return await this.#list(data);
      case nbdOptions.info:
      case nbdOptions.go:
        return await this.#info(option, data);
      case nbdOptions.structuredReply:
        return await this.#structuredReply(data);
      case nbdOptions.listMetaContext:
      case nbdOptions.setMetaContext:
        return await this.#metaContext(option, data);
      default:
        await this.#reply(option, optionErrors.unsupported);
        return 'more';
    }
  }

  /** The old end of a negotiation, which knows no error: who asks for nothing is let go. */
  async #exportName(name: string): Promise<Agreement> {
    const chosen = exportNamed(this.#exports, name);
    if (chosen === null) throw new ConnectionEnded('there is no such export');
    const answer = Buffer.alloc(this.#zeroes === 'zeroes' ? 134 : 10);
    answer.writeBigUInt64BE(BigInt(chosen.image.sizeBytes), 0);
    answer.writeUInt16BE(this.#transmissionFlags(), 8);
    await this.#line.writer.send(answer);
    return this.#agreement(chosen);
  }

  async #list(data: Buffer): Promise<'more'> {
    if (data.length > 0) return await this.#refuse(nbdOptions.list, optionErrors.invalid);
    for (const { name, description } of this.#exports) {
      const entry = Buffer.concat([lengthAndText(name), Buffer.from(description, 'utf8')]);
      await this.#reply(nbdOptions.list, optionReplies.server, entry);
    }
    await this.#reply(nbdOptions.list, optionReplies.ack);
    return 'more';
  }

  async #info(option: number, data: Buffer): Promise<Outcome> {
    const request = parseInfoRequest(data);
    if (request === null) return await this.#refuse(option, optionErrors.invalid);
    const chosen = exportNamed(this.#exports, request.name);
    if (chosen === null) return await this.#refuse(option, optionErrors.unknown);
    const size = Buffer.alloc(12);
    size.writeUInt16BE(nbdInfo.export, 0);
    size.writeBigUInt64BE(BigInt(chosen.image.sizeBytes), 2);
    size.writeUInt16BE(this.#transmissionFlags(), 10);
    const blockSize = Buffer.alloc(14);
    blockSize.writeUInt16BE(nbdInfo.blockSize, 0);
    blockSize.writeUInt32BE(1, 2);
    blockSize.writeUInt32BE(nbdLimits.preferredBlockBytes, 6);
    blockSize.writeUInt32BE(nbdLimits.requestMaxBytes, 10);
    const texts = [
      { type: nbdInfo.name, text: chosen.name },
      { type: nbdInfo.description, text: chosen.description },
    ].filter(({ type }) => request.wanted.includes(type));
    for (const info of [size, blockSize, ...texts.map(encodeText)]) {
      await this.#reply(option, optionReplies.info, info);
    }
    await this.#reply(option, optionReplies.ack);
    return option === nbdOptions.go ? this.#agreement(chosen) : 'more';
  }

  async #structuredReply(data: Buffer): Promise<'more'> {
    const option = nbdOptions.structuredReply;
    if (data.length > 0) return await this.#refuse(option, optionErrors.invalid);
    this.#replies = 'structured';
    await this.#reply(option, optionReplies.ack);
    return 'more';
  }

  async #metaContext(option: number, data: Buffer): Promise<'more'> {
    const isSet = option === nbdOptions.setMetaContext;
    // Whatever was selected before counts no more, even if this fails.
    if (isSet) this.#allocationOf = null;
    const request = parseMetaContextRequest(data);
    if (request === null || (isSet && this.#replies === 'simple')) {
      return await this.#refuse(option, optionErrors.invalid);
    }
    const chosen = exportNamed(this.#exports, request.name);
    if (chosen === null) return await this.#refuse(option, optionErrors.unknown);
    const { queries } = request;
    const isMeant =
      queries.includes(baseAllocation.name) ||
      (!isSet && (queries.length === 0 || queries.includes('base:')));
    if (isMeant) {
      const id = Buffer.alloc(4);
      id.writeUInt32BE(isSet ? baseAllocation.id : 0);
      const context = Buffer.concat([id, Buffer.from(baseAllocation.name, 'utf8')]);
      await this.#reply(option, optionReplies.metaContext, context);
      if (isSet) this.#allocationOf = chosen;
    }
    await this.#reply(option, optionReplies.ack);
    return 'more';
  }

  #agreement(chosen: NbdExport): Agreement {
    const allocation = this.#allocationOf === chosen ? 'selected' : 'not-selected';
    return { chosen, replies: this.#replies, allocation };
  }

  #transmissionFlags(): number {
    const { hasFlags, readOnly, canMultiConnect, sendDontFragment } = transmissionFlags;
    const always = hasFlags | readOnly | canMultiConnect;
    return this.#replies === 'structured' ? always | sendDontFragment : always;
  }

  async #refuse(option: number, error: number): Promise<'more'> {
    await this.#reply(option, error);
    return 'more';
  }

  #reply(option: number, type: number, data: Uint8Array = new Uint8Array()): Promise<void> {
    const head = Buffer.alloc(20);
    head.writeBigUInt64BE(nbdMagic.optionReply, 0);
    head.writeUInt32BE(option, 8);
    head.writeUInt32BE(type, 12);
    head.writeUInt32BE(data.length, 16);
    return this.#line.writer.send(head, data);
  }
}

function lengthAndText(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function encodeText({ type, text }: { readonly type: number; readonly text: string }): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(type);
  return Buffer.concat([head, Buffer.from(text, 'utf8')]);
}
