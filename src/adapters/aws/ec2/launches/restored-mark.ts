/**
 * The name of a tag, in clear, on instances that restores have launched: what else carries tags of
 * snapledger is a worker, and is not backed up. Its value is the session.
 */
export const restoredMark = 'snapledger-restored';
