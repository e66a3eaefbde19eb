/** What the help of the program says below the list of commands. */
export const helpFooter = `
Exit codes:
  0  done
  1  failed: it could not be done, or damage was found
  2  usage: the command line or the environment was not understood; nothing was begun
  3  done with warnings

Environment:
  SNAPLEDGER_VAULT            the vault, when --vault is not given
  SNAPLEDGER_PASSPHRASE_FILE  a file with the passphrase, when --passphrase-file is not given
  SNAPLEDGER_PASSPHRASE       the passphrase; without any of these it is asked for on the terminal
  SNAPLEDGER_NEW_PASSPHRASE (or _NEW_PASSPHRASE_FILE)
                              the new passphrase of 'key add' and 'key change'
  SNAPLEDGER_EVENT_STORE_USER, SNAPLEDGER_EVENT_STORE_PASSWORD (or _PASSWORD_FILE)
                              who one is on the KurrentDB server of a vault that has one
  SNAPLEDGER_DEBUG=1          show where in the program an error arose

Examples:
  $ snapledger init --vault backups
      make a vault in the folder backups
  $ snapledger instance add web-1 --volume /dev/xvda=disk.img --vault backups
      the disk image disk.img becomes a volume of an instance
  $ snapledger policy set web-1 --keep-snapshots 7 --vault backups
      say how it is backed up
  $ snapledger backup web-1 --vault backups
      back it up; 'snapledger points' then shows what can be restored
  $ snapledger help restore
      the help of a command, with examples`;
