/** Every key is a 256-bit key. */
export const keySizeBytes = 32;
