import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import { userDataMaxBytes } from '../../../../ports/cloud/workers.ts';
import type { BootArchive, WorkerPrograms } from './worker-settings.ts';

/** Nothing that means something to a shell. */
const urlPattern = /^https?:\/\/[A-Za-z0-9._~:/?=&%+-]+$/;
const sha256Pattern = /^[0-9a-f]{64}$/;
const regionPattern = /^[a-z0-9-]{1,40}$/;

/** Characters of a line of base64 in the script. */
const lineLength = 76;

/**
 * The user data of a worker instance: a shell script that fetches the programs, runs them if they
 * are the ones that are meant, and shuts the machine down however that ends, which terminates the
 * instance.
 *
 * `SNAPLEDGER_ROOT` is empty on an instance; a test sets it to have the machine in a folder.
 *
 * @throws INVALID_ARGUMENT for an archive that cannot be, or when the script is larger than EC2 takes
 */
export function bootScript({ bundle, node }: WorkerPrograms, userData: Uint8Array): Uint8Array {
  checkArchive(bundle);
  if (node !== null) checkArchive(node);
  const script = Buffer.from(scriptOf(bundle, node, linesOf(userData)), 'utf8');
  if (script.length > userDataMaxBytes) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `the user data of a worker takes ${script.length} bytes; EC2 takes ${userDataMaxBytes}`,
      { remedy: 'Use shorter names for the repository and the bundle.' },
    );
  }
  return script;
}

function checkArchive({ url, sha256, signedIn }: BootArchive): void {
  if (!urlPattern.test(url)) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `"${url}" cannot be where a worker's program is`,
      {
        remedy: 'Give an address such as https://host/worker.tar.gz.',
      },
    );
  }
  if (!sha256Pattern.test(sha256)) {
    throw new SnapledgerError('INVALID_ARGUMENT', `"${sha256}" is not a SHA-256 in hex`, {
      remedy: "Give what 'sha256sum' says of the archive.",
    });
  }
  if (signedIn !== null && !regionPattern.test(signedIn)) {
    throw new SnapledgerError('INVALID_ARGUMENT', `"${signedIn}" is not the name of a region`, {
      remedy: 'Give a region such as eu-central-1.',
    });
  }
}

function linesOf(userData: Uint8Array): string {
  const text = Buffer.from(userData).toString('base64');
  return text.replace(new RegExp(`(.{${lineLength}})(?=.)`, 'g'), '$1\n');
}

function fetchLine({ url, sha256, signedIn }: BootArchive, folder: 'program' | 'node'): string {
  return `fetch '${url}' '${sha256}' '${signedIn ?? ''}' ${folder}`;
}

/*
 * The credentials of the role come from the instance metadata service, version 2. They are handed
 * to curl in a file, because what stands on a command line can be seen by everybody on a machine.
 *
 * A signed request follows no redirection: the token would go wherever that leads.
 *
 * The folder is not below /run, from which some systems run nothing (noexec).
 *
 * `exec` is not used for node: the shell has to stay, to shut the machine down afterwards.
 */
function scriptOf(bundle: BootArchive, node: BootArchive | null, userData: string): string {
  return `#!/bin/sh
set -eu
root="\${SNAPLEDGER_ROOT:-}"
trap 'shutdown -h now' EXIT
umask 077
folder="$root/var/lib/snapledger-worker"
rm -rf "$folder"
mkdir -p "$folder/program" "$folder/node"
cd "$folder"
base64 -d > user-data <<'USER_DATA'
${userData}
USER_DATA
ln -s "$root/dev/disk/by-id" devices
ask() {
  curl --fail --silent --show-error --retry 8 --retry-all-errors --max-time 600 "$@"
}
role_credentials() {
  metadata="\${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}/latest"
  token="$(ask --request PUT --header 'x-aws-ec2-metadata-token-ttl-seconds: 300' "$metadata/api/token")"
  roles="$metadata/meta-data/iam/security-credentials/"
  role="$(ask --header "x-aws-ec2-metadata-token: $token" "$roles")"
  ask --header "x-aws-ec2-metadata-token: $token" "$roles$role" > credentials
}
field() {
  sed -n "s/.*\\"$1\\" *: *\\"\\([^\\"]*\\)\\".*/\\1/p" credentials
}
sign_for() {
  role_credentials
  {
    printf 'aws-sigv4 = "aws:amz:%s:s3"\\n' "$1"
    printf 'user = "%s:%s"\\n' "$(field AccessKeyId)" "$(field SecretAccessKey)"
    printf 'header = "x-amz-security-token: %s"\\n' "$(field Token)"
    printf 'header = "x-amz-content-sha256: UNSIGNED-PAYLOAD"\\n'
  } > signing
  rm credentials
}
fetch() {
  if [ -n "$3" ]; then sign_for "$3"; else echo location > signing; fi
  ask --config signing --output archive "$1"
  rm signing
  echo "$2  archive" | sha256sum -c -
  tar -xzf archive -C "$4"
  rm archive
}
${fetchLine(bundle, 'program')}
${node === null ? 'node="$(command -v node)"' : `${fetchLine(node, 'node')}\nnode="$(echo "$folder"/node/*/bin/node)"`}
"$node" "$folder/program/worker.js" --instance "$folder"
`;
}
