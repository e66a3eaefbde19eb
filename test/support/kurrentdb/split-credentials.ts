import type { KurrentDbCredentials } from '../../../src/adapters/kurrentdb/kurrentdb-credentials.ts';

/** A connection string as others write it, with or without `user:password@`, in two parts. */
export function splitCredentials(url: string): {
  readonly location: string;
  readonly credentials: KurrentDbCredentials | null;
} {
  const [, scheme = '', username = '', password = '', rest = ''] =
    /^([^:]+:\/\/)([^:@/]+):([^@]*)@(.*)$/.exec(url) ?? [];
  if (scheme === '') return { location: url, credentials: null };
  return {
    location: scheme + rest,
    credentials: {
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
    },
  };
}
