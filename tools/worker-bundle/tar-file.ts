/** A file of an archive. */
export interface ArchivedFile {
  /** Relative, with slashes. */
  readonly path: string;
  readonly content: Uint8Array;
}

const blockBytes = 512;
const nameMaxBytes = 100;
const prefixMaxBytes = 155;

/**
 * The files as a tar archive (POSIX ustar) that says of each nothing but its name and content: no
 * times, no owners. The same files give the same bytes.
 *
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "ustar Interchange Format"
 *
 * @throws Error for a path that the format has no room for
 */
export function tarFile(files: readonly ArchivedFile[]): Uint8Array {
  const entries = files.flatMap(({ path, content }) => [
    headerOf(path, content.byteLength),
    content,
    new Uint8Array(-content.byteLength & (blockBytes - 1)),
  ]);
  // Two empty blocks are the end.
  return Buffer.concat([...entries, new Uint8Array(2 * blockBytes)]);
}

function headerOf(path: string, sizeBytes: number): Uint8Array {
  const { prefix, name } = splitPath(path);
  const header = Buffer.alloc(blockBytes);
  header.write(name, 0);
  header.write(octal(0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(sizeBytes, 11), 124);
  header.write(octal(0, 11), 136);
  // The checksum counts its own place as spaces.
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write('ustar\0' + '00', 257);
  header.write(prefix, 345);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148);
  return header;
}

function splitPath(path: string): { readonly prefix: string; readonly name: string } {
  if (Buffer.byteLength(path) <= nameMaxBytes) return { prefix: '', name: path };
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    const name = path.slice(at + 1);
    const prefix = path.slice(0, at);
    if (Buffer.byteLength(name) > nameMaxBytes) continue;
    if (Buffer.byteLength(prefix) <= prefixMaxBytes) return { prefix, name };
  }
  throw new Error(`'${path}' is too long for an archive`);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
