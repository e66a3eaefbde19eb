import { setHeader } from './set-header.ts';

/** What a command of any client of the SDK has. */
interface WithMiddleware {
  readonly middlewareStack: {
    add(
      middleware: <Args extends { readonly request: unknown }, Result>(
        next: (args: Args) => Promise<Result>,
      ) => (args: Args) => Promise<Result>,
      options: { readonly step: 'build'; readonly name: string },
    ): void;
  };
}

/** Has the command signed for a body of this SHA-256: the signer takes one that is there, instead of reading the body once more. */
export function signPayload(command: WithMiddleware, sha256: Buffer): void {
  const payloadHash = sha256.toString('hex');
  command.middlewareStack.add(
    (next) => (args) => {
      setHeader(args.request, 'x-amz-content-sha256', payloadHash);
      return next(args);
    },
    { step: 'build', name: 'snapledgerPayloadHash' },
  );
}
