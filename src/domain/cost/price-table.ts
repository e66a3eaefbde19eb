import { SnapledgerError } from '../errors/snapledger-error.ts';
import type { Region } from '../identifiers.ts';

/** What storing one GiB (2^30 bytes) for a month costs, as somebody has written it down. */
export interface PriceTable {
  /** As it is to be shown: `USD`. */
  readonly currency: string;
  readonly snapshotGibMonth: number;
  readonly repositoryGibMonth: number;
  readonly replicaGibMonth: {
    /** For regions that are not named. */
    readonly other: number;
    readonly regions: ReadonlyMap<Region, number>;
  };
}

/** Nothing that is stored for a month costs more a GiB. */
const priceMax = 1000;
const currencyMaxLength = 8;

/**
 * A price table as a file has it, parsed from JSON:
 * `{"currency": "USD", "snapshotGibMonth": 0.05, "repositoryGibMonth": 0.02,
 * "replicaGibMonth": {"other": 0.05, "eu-west-1": 0.055}}`.
 *
 * @throws INVALID_ARGUMENT with the field that is wrong
 */
export function parsePriceTable(json: unknown): PriceTable {
  const fields = fieldsOf(json, 'the price table', [
    'currency',
    'snapshotGibMonth',
    'repositoryGibMonth',
    'replicaGibMonth',
  ]);
  const currency = fields.get('currency');
  if (typeof currency !== 'string' || currency === '' || currency.length > currencyMaxLength) {
    throw invalid(`'currency' is not a text of 1 to ${currencyMaxLength} characters`);
  }
  const replicas = fieldsOf(fields.get('replicaGibMonth'), "'replicaGibMonth'", null);
  const regions = [...replicas].filter(([name]) => name !== 'other');
  return {
    currency,
    snapshotGibMonth: priceOf(fields, 'snapshotGibMonth', ''),
    repositoryGibMonth: priceOf(fields, 'repositoryGibMonth', ''),
    replicaGibMonth: {
      other: priceOf(replicas, 'other', 'replicaGibMonth.'),
      regions: new Map(
        regions.map(([name]) => [name as Region, priceOf(replicas, name, 'replicaGibMonth.')]),
      ),
    },
  };
}

function fieldsOf(
  json: unknown,
  what: string,
  known: readonly string[] | null,
): ReadonlyMap<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw invalid(`${what} is not an object`);
  }
  const fields = new Map<string, unknown>(Object.entries(json));
  const unknown =
    known === null ? undefined : [...fields.keys()].find((key) => !known.includes(key));
  if (unknown !== undefined) throw invalid(`${what} has a field '${unknown}', which means nothing`);
  return fields;
}

function priceOf(fields: ReadonlyMap<string, unknown>, name: string, prefix: string): number {
  const price = fields.get(name);
  if (typeof price === 'number' && price >= 0 && price <= priceMax) return price;
  throw invalid(`'${prefix}${name}' is not a price from 0 to ${priceMax}`);
}

function invalid(message: string): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', message, {
    remedy: `docs/cli.md, "Prices", has an example.`,
  });
}
