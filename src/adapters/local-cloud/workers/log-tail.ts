import { open } from 'node:fs/promises';
import { localCloudLimits } from '../local-cloud-limits.ts';
import { hasErrno } from '../../../platform/errno.ts';
import { stateError } from '../state/state-error.ts';

/** The last lines of a log, not too many; empty when there is none. */
export async function readLogTail(file: string): Promise<string> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      const lengthBytes = Math.min(size, localCloudLimits.logTailMaxBytes);
      const { buffer, bytesRead } = await handle.read({
        buffer: Buffer.alloc(lengthBytes),
        position: size - lengthBytes,
      });
      const text = buffer.toString('utf8', 0, bytesRead).trim();
      return text.split('\n').slice(-localCloudLimits.logTailMaxLines).join('\n');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return '';
    throw stateError(error, `read ${file}`);
  }
}
