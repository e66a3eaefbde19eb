/** How a recovery key is shown, which is done once. */
export function recoveryKeyLines(recoveryKey: string): readonly string[] {
  return [
    'recovery key, shown only now:',
    `  ${recoveryKey}`,
    'It opens the vault like the passphrase. Write it down and keep it somewhere else.',
  ];
}

/** What to do when a recovery key was made and could not be shown. */
export const unseenRecoveryKeyRemedy =
  "Its recovery key is lost: remove it ('snapledger key list' shows it), and make another one " +
  "with 'snapledger key add --recovery'.";
