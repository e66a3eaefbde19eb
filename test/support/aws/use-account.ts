/**
 * From now on the clients of AWS in this process find this in their environment, and nothing else that
 * begins with AWS; it is as it was when that is disposed of.
 */
export function useAccount(environment: Readonly<Record<string, string>>): Disposable {
  const ofAws = (): readonly string[] =>
    Object.keys(process.env).filter((name) => name.startsWith('AWS_'));
  const before = ofAws().map((name) => [name, process.env[name]] as const);
  const remove = (): void => {
    for (const name of ofAws()) Reflect.deleteProperty(process.env, name);
  };
  remove();
  Object.assign(process.env, environment);
  return {
    [Symbol.dispose]() {
      remove();
      Object.assign(process.env, Object.fromEntries(before));
    },
  };
}

/** Does `work` while that is so. */
export async function withAccount<Result>(
  environment: Readonly<Record<string, string>>,
  work: () => Promise<Result>,
): Promise<Result> {
  const account = useAccount(environment);
  try {
    return await work();
  } finally {
    account[Symbol.dispose]();
  }
}
