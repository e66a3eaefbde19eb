import type { CompressionChoice } from './transfer.ts';

/** Levels of zstd. */
export interface CompressionLevels {
  readonly usual: number;
  /** For blocks of which the usual one gains too little for its time: see `LevelProbe`. */
  readonly least: number;
}

/**
 * The levels of each choice. Measured on a Linux system's files (`bench/frames.ts`), one thread alone: level 1 makes
 * 550 MB/s and 2.64 : 1, level 3 makes 350 and 2.80, level 6 makes 130 and 2.94. Random data passes all three at more
 * than 2 GB/s, so nothing is guessed beforehand about what will not compress.
 */
export const compressionLevels: Readonly<Record<CompressionChoice, CompressionLevels>> = {
  fast: { usual: 1, least: 1 },
  balanced: { usual: 3, least: 1 },
  small: { usual: 6, least: 3 },
};

/** The choice for as long as the object store is slower than the encoders: they have time that nobody else wants. */
export const whileUploadsWait: Readonly<Record<CompressionChoice, CompressionChoice>> = {
  fast: 'balanced',
  balanced: 'small',
  small: 'small',
};
