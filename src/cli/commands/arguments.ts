import { InvalidArgumentError } from 'commander';
import type { DeviceName, InstanceId } from '../../index.ts';
import { usageError } from '../usage-error.ts';

/** Fewer characters of an id would too often mean another one tomorrow. */
const idPrefixLengthMin = 4;

/** A volume of a new instance, as `--volume DEVICE=IMAGE` names it. */
export interface VolumeArgument {
  readonly device: DeviceName;
  readonly imagePath: string;
}

/** The name of an instance. Its cloud says whether there is one. */
export function instanceIdOf(text: string): InstanceId {
  if (text === '') {
    throw usageError('the name of the instance is empty', "'snapledger instance list' shows them");
  }
  return text as InstanceId;
}

/**
 * The beginning of a session's or point's id, or all of it.
 *
 * @throws INVALID_ARGUMENT
 */
export function idPrefixOf(text: string): string {
  if (/^[0-9a-f-]+$/i.test(text) && text.length >= idPrefixLengthMin) return text.toLowerCase();
  throw usageError(
    `'${text}' is no id and no beginning of one`,
    `give at least ${idPrefixLengthMin} characters of the id, as the lists show it`,
  );
}

/**
 * The beginning of the id of a snapshot set, replica or restore point, or of one snapshot, or all
 * of it.
 *
 * @throws INVALID_ARGUMENT
 */
export function itemPrefixOf(text: string): string {
  if (/^[a-z0-9-]+$/i.test(text) && text.length >= idPrefixLengthMin) return text.toLowerCase();
  throw usageError(
    `'${text}' is no id and no beginning of one`,
    `give at least ${idPrefixLengthMin} characters of the id, as the lists show it`,
  );
}

/** A whole number of at least 0, as commander wants its option parsers. */
export function parseWholeNumber(text: string): number {
  return wholeNumber(text, 0);
}

/** A whole number of at least 1. */
export function parsePositiveNumber(text: string): number {
  return wholeNumber(text, 1);
}

function wholeNumber(text: string, min: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
  throw new InvalidArgumentError(`Give a whole number, ${min} or more.`);
}

/** A size above 0: bytes, or with one of the letters K, M, G and T, which count by 1024. */
export function parseByteSize(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([KMGT]?)$/i.exec(text) ?? [];
  const bytes = Number(digits) * 1024 ** ('KMGT'.indexOf(unit.toUpperCase()) + 1);
  if (digits !== '' && unit === '' && Number.isSafeInteger(Number(digits)) && Number(digits) > 0) {
    return Number(digits);
  }
  if (unit !== '' && Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new InvalidArgumentError('Give a size above 0, for example 500M or 20G.');
}

/** One more `--volume DEVICE=IMAGE`. */
export function collectVolume(
  text: string,
  before: readonly VolumeArgument[] = [],
): readonly VolumeArgument[] {
  const split = text.indexOf('=');
  const device = text.slice(0, split);
  const imagePath = text.slice(split + 1);
  if (split < 1 || imagePath === '') {
    throw new InvalidArgumentError('Give it as DEVICE=IMAGE, for example /dev/xvda=disk.img.');
  }
  return [...before, { device: device as DeviceName, imagePath }];
}

/** One more value of an option that can be given several times. */
export function collectText(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

export interface TagArgument {
  readonly key: string;
  readonly value: string;
}

export interface VolumeTagArgument extends TagArgument {
  readonly device: DeviceName;
}

/** One more `--tag KEY=VALUE`. */
export function collectTag(
  text: string,
  before: readonly TagArgument[] = [],
): readonly TagArgument[] {
  return [...before, parseTag(text)];
}

/** One more `--volume-tag DEVICE:KEY=VALUE`. */
export function collectVolumeTag(
  text: string,
  before: readonly VolumeTagArgument[] = [],
): readonly VolumeTagArgument[] {
  const split = text.indexOf(':');
  if (split < 1) {
    throw new InvalidArgumentError(
      'Give it as DEVICE:KEY=VALUE, for example /dev/sdf:use=scratch.',
    );
  }
  const device = text.slice(0, split) as DeviceName;
  return [...before, { device, ...parseTag(text.slice(split + 1)) }];
}

export function tagsOf(tags: readonly TagArgument[]): Readonly<Record<string, string>> {
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]));
}

/** `KEY=VALUE`; the value may be empty, and may have further `=`. */
export function parseTag(text: string): TagArgument {
  const split = text.indexOf('=');
  if (split < 1) throw new InvalidArgumentError('Give it as KEY=VALUE, for example env=prod.');
  return { key: text.slice(0, split), value: text.slice(split + 1) };
}
