import { releaseMemory } from './release-memory.ts';

/** Below the 32 MiB up to which glibc learns. */
const learntSizeBytes = 16 * 1024 * 1024;

/**
 * Lets threads that take and give back a few large results all the time have the same memory
 * again. Otherwise glibc returns it to the system whenever more than some hundred KiB are free,
 * and every page of it must be mapped anew: up to an eighth of the time that a restore takes.
 *
 * glibc learns from what is given back: once a mapping of some size was, it keeps up to twice that
 * for each thread of the process (mallopt(3), M_MMAP_THRESHOLD and M_TRIM_THRESHOLD). Nothing is
 * written to this one, so that it takes no memory. With another C library it does nothing.
 */
export function keepFreedMemory(): void {
  releaseMemory(Buffer.allocUnsafeSlow(learntSizeBytes));
}
