/**
 * Whether the volumes of an instance were encrypted, by device, as its recorded configuration says; of
 * what it does not tell there is no entry.
 */
export function encryptionOfDevices(
  configuration: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, 'encrypted' | 'in-clear'> {
  const { volumes } = configuration;
  const listed: readonly unknown[] = Array.isArray(volumes) ? volumes : [];
  return new Map(
    listed.flatMap((volume) => {
      if (typeof volume !== 'object' || volume === null) return [];
      const { device, isEncrypted }: Readonly<Record<string, unknown>> = { ...volume };
      if (typeof device !== 'string' || typeof isEncrypted !== 'boolean') return [];
      return [[device, isEncrypted ? 'encrypted' : 'in-clear'] as const];
    }),
  );
}
