import type { Command } from 'commander';
import type { Invoke } from '../../cli-context.ts';
import { addKeyAddCommand } from './key-add.ts';
import { addKeyChangeCommand } from './key-change.ts';
import { addKeyListCommand } from './key-list.ts';
import { addKeyRemoveCommand } from './key-remove.ts';
import { addKeyRotateCommand } from './key-rotate.ts';

export function addKeyCommands(parent: Command, invoke: Invoke): void {
  const key = parent.command('key').summary('say who can open the vault');
  key.description(
    'Passphrases and recovery keys that open the vault, and the master key behind them. Nothing ' +
      'that is stored is written anew, and backups may run meanwhile.',
  );
  addKeyListCommand(key, invoke);
  addKeyAddCommand(key, invoke);
  addKeyChangeCommand(key, invoke);
  addKeyRemoveCommand(key, invoke);
  addKeyRotateCommand(key, invoke);
}
