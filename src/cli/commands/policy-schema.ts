import type { Command } from 'commander';
import { policySchema } from '../../index.ts';
import type { Invoke } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { printResult } from '../output/print.ts';
import { examplesText } from './examples.ts';

export function addPolicySchemaCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('schema')
    .summary('print what a file with policies holds')
    .description('Print the JSON Schema of a file with policies; editors understand it.')
    .addHelpText(
      'after',
      examplesText({ command: 'snapledger policy schema', meaning: 'print it' }),
    )
    .action(() =>
      invoke(async (context) => {
        const schema = policySchema();
        const people = (): readonly string[] => [JSON.stringify(schema, null, 2)];
        await printResult(context, { json: schema, people });
        return exitCodes.done;
      }),
    );
}
