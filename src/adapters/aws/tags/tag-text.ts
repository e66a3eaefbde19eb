const alphabet = /^[A-Za-z0-9_-]+$/;

/** Base64url without padding: of the characters that every AWS service takes in a tag. */
export function textOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** The bytes of a text of {@link textOfBytes}; null for any other text, also a sloppy one. */
export function bytesOfText(text: string): Uint8Array | null {
  if (!alphabet.test(text)) return null;
  const bytes = new Uint8Array(Buffer.from(text, 'base64url'));
  return textOfBytes(bytes) === text ? bytes : null;
}
