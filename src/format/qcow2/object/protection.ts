export const protections = ['sealed', 'plain'] as const;

/**
 * How the objects of a repository are protected. `sealed`: encrypted and authenticated. `plain`: data
 * lies as it is, and what says where it belongs is authenticated.
 */
export type Protection = (typeof protections)[number];
