/**
 * Gives the memory of an intermediate result back at once. The collector would do so only after
 * tens of MiB of such results, at the price of a collection, and every new one would then take
 * pages that the processor has not seen for long. `bytes` are empty afterwards.
 *
 * Small results share their memory with others and are left alone.
 */
export function releaseMemory({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0);
}
