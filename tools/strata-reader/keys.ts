import { createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';

/** A UUID as its 16 bytes. The text must have the canonical form. */
export function uuidBytes(text: string): Buffer {
  return Buffer.from(text.replaceAll('-', ''), 'hex');
}

/** Whether a text is a UUID in lower case with hyphens. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text);
}

/** 16 bytes as a UUID in lower case with hyphens. */
export function uuidText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The bytes of all parts, one after the other; numbers are one byte, texts UTF-8. */
export function joined(...parts: readonly (Buffer | string | number)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'number') return Buffer.of(part);
      return typeof part === 'string' ? Buffer.from(part, 'utf8') : part;
    }),
  );
}

/** A u32, little-endian. */
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** A u16, little-endian. */
export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** SHA-256. */
export function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** HMAC-SHA-256. */
export function hmac(key: Buffer, message: Buffer | string): Buffer {
  return createHmac('sha256', key).update(message).digest();
}

/** Opens AES-256-GCM; nothing where key, nonce, AAD, ciphertext and tag do not belong together. */
export function openGcm(parts: {
  readonly key: Buffer;
  readonly nonce: Buffer;
  readonly aad: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', parts.key, parts.nonce, { authTagLength: 16 });
  decipher.setAAD(parts.aad);
  decipher.setAuthTag(parts.tag);
  const content = decipher.update(parts.ciphertext);
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return content;
}

/** HKDF-SHA-256 of a master key, for one purpose. */
export function fromMasterKey(masterKey: Buffer, repositoryId: Buffer, purpose: string): Buffer {
  return Buffer.from(
    hkdfSync('sha256', masterKey, repositoryId, `snapledger/strata/1/${purpose}`, 32),
  );
}

/** The keys that a master key gives; of those of all epochs only M_0 gives the ids and the header. */
export interface RepositoryKeys {
  readonly blockId: Buffer;
  readonly nodeId: Buffer;
  readonly wrap: Buffer;
  readonly manifest: Buffer;
  readonly header: Buffer;
  readonly worker: Buffer;
}

/** Derives the keys of a repository from a master key. */
export function repositoryKeys(masterKey: Buffer, repositoryId: Buffer): RepositoryKeys {
  const derive = (purpose: string): Buffer => fromMasterKey(masterKey, repositoryId, purpose);
  return {
    blockId: derive('block-id'),
    nodeId: derive('node-id'),
    wrap: derive('session-wrap'),
    manifest: derive('manifest'),
    header: derive('header'),
    worker: derive('worker-secret'),
  };
}

/** The keys that the data key of a session gives. */
export interface SessionKeys {
  readonly block: Buffer;
  readonly node: Buffer;
  readonly control: Buffer;
}

/** Derives the keys of a session from its data key. */
export function sessionKeys(dataKey: Buffer): SessionKeys {
  return {
    block: hmac(dataKey, 'block'),
    node: hmac(dataKey, 'node'),
    control: hmac(dataKey, 'control'),
  };
}

/** The secret of a worker's attempt. */
export function workerSecret(workerKey: Buffer, sessionId: string, attempt: number): Buffer {
  return hmac(workerKey, joined(uuidBytes(sessionId), u32(attempt)));
}
