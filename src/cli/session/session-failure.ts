import { SnapledgerError } from '../../index.ts';

/**
 * A session that was begun and recorded as failed. Its code is that of what made it fail, and says
 * nothing about the command line.
 */
export class SessionFailure extends SnapledgerError {}
