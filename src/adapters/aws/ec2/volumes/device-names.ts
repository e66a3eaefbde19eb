/*
 * Names under which a volume can be attached to an HVM instance; those that EC2 recommends first.
 * On Nitro they are only names: the device is found by its volume's id.
 */
const recommended = Array.from('fghijklmnop', (letter) => `/dev/sd${letter}`);
const further = ['b', 'c', 'd'].flatMap((first) =>
  Array.from({ length: 26 }, (_, index) => `/dev/xvd${first}${String.fromCharCode(97 + index)}`),
);

/** The first name that is free, or null when none is. */
export function freeDeviceName(taken: ReadonlySet<string>): string | null {
  return [...recommended, ...further].find((name) => !taken.has(name)) ?? null;
}
