/** No kernel's pages are larger than 64 KiB; those of nearly all machines have this size. */
export const pageSizeBytes = 4096;

/** Memory that begins on a page boundary, and can be written to a disk without being copied. */
export function pageAligned(sizeBytes: number): Uint8Array {
  // V8 gives pages of their own to resizable buffers only.
  return new Uint8Array(new ArrayBuffer(sizeBytes, { maxByteLength: sizeBytes }), 0, sizeBytes);
}

/** The same, for several threads. */
export function sharedPageAligned(sizeBytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(sizeBytes, { maxByteLength: sizeBytes });
}

/** Whole pages in which any part of a file of this length has room, with what its first and last page hold besides. */
export function pagesFor(lengthBytes: number): number {
  return (Math.ceil(lengthBytes / pageSizeBytes) + 1) * pageSizeBytes;
}

/** Whether `bytes` begin on a page boundary of memory that one of the functions above has given. */
export function isPageAligned({ buffer, byteOffset }: Uint8Array): boolean {
  const isPages = buffer instanceof SharedArrayBuffer ? buffer.growable : buffer.resizable;
  return isPages && byteOffset % pageSizeBytes === 0;
}
