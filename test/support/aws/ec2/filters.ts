import { AwsError } from '../aws-service.ts';
import type { Ec2Resource } from './ec2-resources.ts';
import type { Shape } from './sdk-schema.ts';

/** What one filter looks at: all values that a resource has for it. */
export type FilterValues<Resource> = Readonly<
  Record<string, (resource: Resource) => readonly string[]>
>;

interface Filter {
  readonly Name: string;
  readonly Values?: readonly string[];
}

/** EC2 takes at most so many values in all filters of one request. */
const filterValuesMax = 200;

/** Those that meet all filters; of a filter one value is enough. `*` in a value is any text. */
export function filtered<Resource extends Ec2Resource>(
  resources: readonly Resource[],
  request: Shape,
  values: FilterValues<Resource>,
): readonly Resource[] {
  const filters = (request['Filters'] ?? []) as readonly Filter[];
  const valueCount = filters.reduce((sum, { Values = [] }) => sum + Values.length, 0);
  if (valueCount > filterValuesMax) {
    throw new AwsError('FilterLimitExceeded', 400, `The maximum number of filter values is 200`);
  }
  return filters.reduce(
    (left, { Name, Values = [] }) =>
      left.filter((one) => {
        const has = valuesOf(one, Name, values);
        return Values.some((wanted) => has.some((value) => matches(wanted, value)));
      }),
    resources,
  );
}

function valuesOf<Resource extends Ec2Resource>(
  resource: Resource,
  name: string,
  values: FilterValues<Resource>,
): readonly string[] {
  if (name === 'tag-key') return resource.tags.map(({ Key }) => Key);
  if (name.startsWith('tag:')) {
    return resource.tags.filter(({ Key }) => Key === name.slice(4)).map(({ Value }) => Value);
  }
  const known = values[name];
  if (known === undefined) {
    throw new AwsError('InvalidParameterValue', 400, `The filter '${name}' is invalid`);
  }
  return known(resource);
}

function matches(wanted: string, value: string): boolean {
  const pattern = wanted.split('*').map((text) => text.replace(/[.+^${}()|[\]\\?]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.*')}$`).test(value);
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly NextToken: string | undefined;
}

/** Cuts a listing into pages; `MaxResults` is what EC2 has for the kind, at most. */
export function pageOf<Item>(
  items: readonly Item[],
  request: Shape,
  limits: { readonly min: number; readonly max: number; readonly fake: number },
): Page<Item> {
  const given = request['MaxResults'] as number | undefined;
  if (given !== undefined && (given < limits.min || given > limits.max)) {
    throw new AwsError('InvalidParameterValue', 400, `Value (${given}) for MaxResults is invalid`);
  }
  const length = Math.min(given ?? limits.max, limits.fake);
  const begin = Number((request['NextToken'] as string | undefined)?.slice(5) ?? '0');
  const end = begin + length;
  return {
    items: items.slice(begin, end),
    NextToken: end < items.length ? `page-${end}` : undefined,
  };
}
