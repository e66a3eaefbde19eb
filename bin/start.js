import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';

// Loading is most of what a short command takes; a cache that cannot be had changes nothing else.
enableCompileCache();

// A clone runs its sources; a package has only what was built from them.
const source = new URL('../src/cli/main.ts', import.meta.url);
await import(
  existsSync(source) ? source.href : new URL('../dist/cli/main.js', import.meta.url).href
);
