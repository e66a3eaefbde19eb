import { isAbsolute } from 'node:path';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { connectionStringMaxLength, hostsMax } from './kurrentdb-limits.ts';

/** Where a server is and how it is spoken to; never who one is. */
export interface KurrentDbLocation {
  /** `discover`: the one host is a DNS name that the cluster's nodes are asked through. */
  readonly mode: 'direct' | 'discover';
  readonly hosts: readonly KurrentDbHost[];
  readonly transport: 'tls' | 'plain';
  readonly settings: Readonly<Partial<Record<FileSetting | NumberSetting, string>>>;
}

export interface KurrentDbHost {
  readonly address: string;
  readonly port: number;
}

/** Files in PEM: who signed the server's certificate, and a certificate of ours with its key. */
const fileSettings = ['tlsCAFile', 'userCertFile', 'userKeyFile'] as const;
/** As the client documents them; `gossipTimeout` counts seconds, the others milliseconds or times. */
const numberSettings = [
  'maxDiscoverAttempts',
  'discoveryInterval',
  'gossipTimeout',
  'keepAliveInterval',
  'keepAliveTimeout',
] as const;

type FileSetting = (typeof fileSettings)[number];
type NumberSetting = (typeof numberSettings)[number];

const defaultPort = 2113;
/** The client warns on the terminal about less. */
const keepAliveIntervalMinMs = 10_000;
const numberSettingMax = 3_600_000;
const schemes: readonly string[] = ['esdb', 'kurrentdb'];
const example = 'esdb://127.0.0.1:2113?tls=false';

/**
 * Reads `esdb://host:port,host:port?tls=false&…` and `esdb+discover://name?…`; `kurrentdb` means
 * the same as `esdb`. Unlike the client it refuses what it does not know, and credentials.
 *
 * @throws INVALID_ARGUMENT; the message never repeats the text, which may hold a password
 */
export function parseKurrentDbLocation(text: string): KurrentDbLocation {
  if (text.length > connectionStringMaxLength) {
    throw refused(`it has more than ${connectionStringMaxLength} characters`);
  }
  if (text.includes('@')) {
    throw refused(
      'it holds a user or a password, which would be stored and shown',
      'Leave them out of it, and give them in SNAPLEDGER_EVENT_STORE_USER and SNAPLEDGER_EVENT_STORE_PASSWORD.',
    );
  }
  const [, scheme = '', discover, hosts = '', query = ''] =
    /^([a-z]+)(\+discover)?:\/\/([^/?#]*)\/?(?:\?([^#]*))?$/.exec(text.trim()) ?? [];
  if (!schemes.includes(scheme)) throw refused('it does not begin with esdb:// or kurrentdb://');
  const location: KurrentDbLocation = {
    mode: discover === undefined ? 'direct' : 'discover',
    hosts: parseHosts(hosts),
    ...parseQuery(query),
  };
  if (location.mode === 'discover' && location.hosts.length !== 1) {
    throw refused('discovery takes exactly one name');
  }
  return location;
}

/** The one spelling of a location, which `parseKurrentDbLocation` reads back. */
export function formatKurrentDbLocation(location: KurrentDbLocation): string {
  const scheme = location.mode === 'direct' ? 'esdb' : 'esdb+discover';
  const hosts = location.hosts.map(({ address, port }) => `${address}:${port}`).join(',');
  const query = new URLSearchParams(location.transport === 'plain' ? { tls: 'false' } : {});
  for (const key of [...fileSettings, ...numberSettings]) {
    const value = location.settings[key];
    if (value !== undefined) query.set(key, value);
  }
  return `${scheme}://${hosts}${query.size === 0 ? '' : `?${query.toString()}`}`;
}

/** How messages name the server. */
export function describeServer({ mode, hosts }: KurrentDbLocation): string {
  const named = hosts.map(({ address, port }) => `${address}:${port}`).join(', ');
  return mode === 'direct' ? named : `the cluster of ${named}`;
}

function parseHosts(text: string): readonly KurrentDbHost[] {
  const hosts = text.split(',').map((host): KurrentDbHost => {
    const [, address, port = String(defaultPort)] =
      /^([A-Za-z0-9_.-]+)(?::(\d{1,5}))?$/.exec(host.trim()) ?? [];
    if (address === undefined || Number(port) < 1 || Number(port) > 65_535) {
      throw refused('a host is missing or is not written as name or name:port');
    }
    return { address, port: Number(port) };
  });
  if (hosts.length > hostsMax) throw refused(`it names more than ${hostsMax} hosts`);
  return hosts;
}

function parseQuery(text: string): Pick<KurrentDbLocation, 'transport' | 'settings'> {
  let transport: KurrentDbLocation['transport'] = 'tls';
  const settings: Partial<Record<FileSetting | NumberSetting, string>> = {};
  const seen = new Set<string>();
  for (const [key, value] of new URLSearchParams(text)) {
    if (seen.has(key)) throw refused(`the setting ${JSON.stringify(key)} is given twice`);
    seen.add(key);
    if (key === 'tls') {
      transport = parseTls(value);
    } else if (isOneOf(key, fileSettings)) {
      if (!isAbsolute(value)) throw refused(`${key} is no absolute path`);
      settings[key] = value;
    } else if (isOneOf(key, numberSettings)) {
      const min = key === 'keepAliveInterval' ? keepAliveIntervalMinMs : 1;
      if (!/^\d{1,7}$/.test(value) || Number(value) < min || Number(value) > numberSettingMax) {
        throw refused(`${key} is no whole number from ${min} to ${numberSettingMax}`);
      }
      settings[key] = value;
    } else {
      throw refused(
        `it has a setting that is not known here: ${JSON.stringify(key)}`,
        `Use only tls, ${[...fileSettings, ...numberSettings].join(', ')}.`,
      );
    }
  }
  if ((settings.userCertFile === undefined) !== (settings.userKeyFile === undefined)) {
    throw refused('userCertFile and userKeyFile belong together');
  }
  if (transport === 'plain' && fileSettings.some((key) => settings[key] !== undefined)) {
    throw refused('it names certificates although tls=false does without');
  }
  return { transport, settings };
}

function parseTls(value: string): KurrentDbLocation['transport'] {
  if (value === 'true') return 'tls';
  if (value === 'false') return 'plain';
  throw refused('tls is neither true nor false');
}

function isOneOf<Key extends string>(key: string, keys: readonly Key[]): key is Key {
  return (keys as readonly string[]).includes(key);
}

function refused(
  why: string,
  remedy = `Write it like ${example}, or esdb://host:2113 for a server with TLS.`,
): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `The location of the event store cannot be used: ${why}.`,
    { remedy },
  );
}
