/** Reads the data of an option field by field. Null stands for data that end too early. */
export class OptionData {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  uint16(): number | null {
    return this.#take(2)?.readUInt16BE() ?? null;
  }

  uint32(): number | null {
    return this.#take(4)?.readUInt32BE() ?? null;
  }

  /** A length of 32 bits and so many bytes of UTF-8. */
  text(): string | null {
    const lengthBytes = this.uint32();
    return lengthBytes === null ? null : (this.#take(lengthBytes)?.toString('utf8') ?? null);
  }

  isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  #take(lengthBytes: number): Buffer | null {
    const end = this.#at + lengthBytes;
    if (end > this.#bytes.length) return null;
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

export interface InfoRequest {
  readonly name: string;
  readonly wanted: readonly number[];
}

/** The data of INFO and GO; null when they are not as they should be. */
export function parseInfoRequest(bytes: Buffer): InfoRequest | null {
  const data = new OptionData(bytes);
  const name = data.text();
  const count = data.uint16();
  if (name === null || count === null) return null;
  const wanted: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const type = data.uint16();
    if (type === null) return null;
    wanted.push(type);
  }
  return data.isAtEnd() ? { name, wanted } : null;
}

export interface MetaContextRequest {
  readonly name: string;
  readonly queries: readonly string[];
}

/** The data of LIST_META_CONTEXT and SET_META_CONTEXT; null when they are not as they should be. */
export function parseMetaContextRequest(bytes: Buffer): MetaContextRequest | null {
  const data = new OptionData(bytes);
  const name = data.text();
  const count = data.uint32();
  if (name === null || count === null) return null;
  const queries: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const query = data.text();
    if (query === null) return null;
    queries.push(query);
  }
  return data.isAtEnd() ? { name, queries } : null;
}
