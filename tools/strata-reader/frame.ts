import { StrataDefect } from './defect.ts';
import { hmac, sha256 } from './keys.ts';

/** What the header and slot tables may have at most. */
export const frameLimitBytes = 65_536;

/** The content of a header or slot table whose SHA-256 is right. */
export function openFrame(bytes: Buffer, where: string, magic: string): Buffer {
  if (bytes.length < 72) throw new StrataDefect(where, 'is too short');
  if (!sha256(bytes.subarray(0, -32)).equals(bytes.subarray(-32))) {
    throw new StrataDefect(where, 'is damaged: its SHA-256 is another');
  }
  if (bytes.toString('latin1', 0, 6) !== magic) {
    throw new StrataDefect(where, `does not begin with ${magic}`);
  }
  if (bytes[6] !== 1) throw new StrataDefect(where, `has version ${bytes[6] ?? ''}, not 1`);
  if (bytes[7] !== 0) throw new StrataDefect(where, 'has a byte that must be zero and is not');
  return bytes.subarray(8, -64);
}

/** Checks the HMAC. Throws a defect where somebody without the key made it. */
export function assertFrameAuthentic(bytes: Buffer, where: string, macKey: Buffer): void {
  if (hmac(macKey, bytes.subarray(0, -64)).equals(bytes.subarray(-64, -32))) return;
  throw new StrataDefect(where, 'was forged: its HMAC is another');
}
