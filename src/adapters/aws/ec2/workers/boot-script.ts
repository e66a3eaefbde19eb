import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import { userDataMaxBytes } from '../../../../ports/cloud/workers.ts';
import type { WorkerBundle } from './worker-settings.ts';

/** Nothing that means something to a shell. */
const urlPattern = /^(https?|s3):\/\/[A-Za-z0-9._~:/?=&%+-]+$/;
const sha256Pattern = /^[0-9a-f]{64}$/;

/** Characters of a line of base64 in the script. */
const lineLength = 76;

/**
 * The user data of a worker instance: a shell script that fetches the bundle, runs it if it is the
 * one that is meant, and shuts the machine down however that ends, which terminates the instance.
 *
 * `SNAPLEDGER_ROOT` is empty on an instance; a test sets it to have the machine in a folder.
 *
 * @throws INVALID_ARGUMENT for a bundle that cannot be, or when the script is larger than EC2 takes
 */
export function bootScript({ url, sha256 }: WorkerBundle, userData: Uint8Array): Uint8Array {
  if (!urlPattern.test(url)) {
    throw new SnapledgerError('INVALID_ARGUMENT', `"${url}" cannot be where a worker's bundle is`, {
      remedy: 'Give an address such as https://host/worker.tar.gz or s3://bucket/worker.tar.gz.',
    });
  }
  if (!sha256Pattern.test(sha256)) {
    throw new SnapledgerError('INVALID_ARGUMENT', `"${sha256}" is not a SHA-256 in hex`, {
      remedy: "Give what 'sha256sum' says of the bundle.",
    });
  }
  const script = Buffer.from(scriptOf(url, sha256, linesOf(userData)), 'utf8');
  if (script.length > userDataMaxBytes) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `the user data of a worker takes ${script.length} bytes; EC2 takes ${userDataMaxBytes}`,
      { remedy: 'Use shorter names for the repository and the bundle.' },
    );
  }
  return script;
}

function linesOf(userData: Uint8Array): string {
  const text = Buffer.from(userData).toString('base64');
  return text.replace(new RegExp(`(.{${lineLength}})(?=.)`, 'g'), '$1\n');
}

// `exec` is not used for node: the shell has to stay, to shut the machine down afterwards.
function scriptOf(url: string, sha256: string, userData: string): string {
  return `#!/bin/sh
set -eu
root="\${SNAPLEDGER_ROOT:-}"
trap 'shutdown -h now' EXIT
umask 077
folder="$root/run/snapledger-worker"
rm -rf "$folder"
mkdir -p "$folder/program"
cd "$folder"
base64 -d > user-data <<'USER_DATA'
${userData}
USER_DATA
ln -s "$root/dev/disk/by-id" devices
url='${url}'
case "$url" in
s3://*) aws s3 cp --only-show-errors "$url" bundle.tar.gz ;;
*) curl --fail --silent --show-error --location --retry 5 --max-time 600 --output bundle.tar.gz "$url" ;;
esac
echo '${sha256}  bundle.tar.gz' | sha256sum -c -
tar -xzf bundle.tar.gz -C program
rm bundle.tar.gz
node="$folder/program/bin/node"
[ -x "$node" ] || node="$(command -v node)"
"$node" "$folder/program/worker.js" --instance "$folder"
`;
}
