// `node print-loaded.ts <specifier>`: imports a module and prints what was loaded for it, one URL a line.
import { registerHooks } from "node:module";

registerHooks({
  load(url, context, next) {
    process.stdout.write(`${url}\n`);
    return next(url, context);
  },
});
await import(process.argv[2] as string);
