import { constants } from 'node:zlib';
import type { CompressionChoice } from './transfer.ts';

/** How hard zstd tries, from the fastest on. */
export type CompressionEffort = 'light' | 'usual' | 'thorough';

/** The efforts that a choice allows. */
export interface CompressionEfforts {
  readonly usual: CompressionEffort;
  /** For blocks of which the usual one gains too little for its time: see `EffortProbe`. */
  readonly least: CompressionEffort;
}

/** Parameters of zstd, as `node:zlib` takes them. */
export type ZstdParameters = Readonly<Record<number, number>>;

/** Sizes of what zstd searches in: powers of two of entries, and the bytes that it compares at least. */
interface SearchTables {
  readonly hashLog: number;
  readonly chainLog: number;
  readonly minMatch: number;
}

/** The levels of zstd search in tables of up to 768 KiB; smaller ones stay in the caches next to a core. */
function searchIn(strategy: number, tables: SearchTables): ZstdParameters {
  return {
    // What is said beneath wins over what this level would say; it settles the rest.
    [constants.ZSTD_c_compressionLevel]: 3,
    [constants.ZSTD_c_strategy]: strategy,
    [constants.ZSTD_c_hashLog]: tables.hashLog,
    [constants.ZSTD_c_chainLog]: tables.chainLog,
    [constants.ZSTD_c_minMatch]: tables.minMatch,
  };
}

/**
 * What each effort is. Measured on blocks of a Linux system's files (`bench/frames.ts`), one thread: `usual` takes 1.1 %
 * more room than zstd's level 3 and 12 % less time, `light` 0.3 % more room than level 1 and 3 % less time. Random data
 * passes both at more than 2 GB/s, so nothing is guessed beforehand about what will not compress.
 */
export const zstdParameters: Readonly<Record<CompressionEffort, ZstdParameters>> = {
  light: searchIn(constants.ZSTD_fast, { hashLog: 13, chainLog: 12, minMatch: 6 }),
  usual: searchIn(constants.ZSTD_dfast, { hashLog: 16, chainLog: 13, minMatch: 5 }),
  thorough: { [constants.ZSTD_c_compressionLevel]: 6 },
};

/** The efforts of each choice. */
export const compressionEfforts: Readonly<Record<CompressionChoice, CompressionEfforts>> = {
  fast: { usual: 'light', least: 'light' },
  balanced: { usual: 'usual', least: 'light' },
  small: { usual: 'thorough', least: 'usual' },
};

/** The choice for as long as the object store is slower than the encoders: they have time that nobody else wants. */
export const whileUploadsWait: Readonly<Record<CompressionChoice, CompressionChoice>> = {
  fast: 'balanced',
  balanced: 'small',
  small: 'small',
};
