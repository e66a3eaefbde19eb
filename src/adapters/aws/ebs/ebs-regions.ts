import type { Region } from '../../../domain/identifiers.ts';
import { type EbsConnection, type EbsOptions, openEbs } from './ebs-connection.ts';

/** EBS direct wherever something is restored to; each region has quotas of its own. */
export interface EbsRegions {
  readonly of: (region: Region) => EbsConnection;
  /** Closes those that were opened here: that of the home is its owner's. */
  close(): void;
}

/** That of the home as it is, and others when they are first needed. */
export function ebsRegions(home: EbsConnection, options: Omit<EbsOptions, 'region'>): EbsRegions {
  const others = new Map<Region, EbsConnection>();
  return {
    of(region) {
      if (region === home.region) return home;
      const known = others.get(region);
      if (known !== undefined) return known;
      const made = openEbs({ ...options, region, limits: home.limits });
      others.set(region, made);
      return made;
    },
    close() {
      for (const one of others.values()) one.close();
    },
  };
}
