import { launch } from "../app/launch.ts";
import type { Program } from "../app/mod.ts";
import { systemClock } from "../core/mod.ts";
import { type SharedOptions, toProgramOptions } from "./options.ts";

/** `plinth start`: runs the app until a signal; the exit code says whether everything ended in time. */
export async function start(module: string | undefined, options: SharedOptions): Promise<number> {
  const { program, ended } = await launch(toProgramOptions(options, module));
  const serves = await program.start();
  if (serves && program.config.environment === "development") process.stderr.write(welcome(program));
  return ended;
}

/** For a person at a terminal, who may see what logs may not: it goes to standard error, past the log. */
function welcome(program: Program): string {
  const { app, appKeys, config, publicUrl, adminUrl } = program;
  const notice = { environment: config.environment, appKeys, clock: systemClock };
  const lines = [
    `${app.name} is ready`,
    ...(publicUrl === undefined ? [] : [`  app      ${publicUrl}`]),
    `  admin    ${adminUrl}`,
    ...(app.ready?.(notice) ?? []).map((line) => `  ${line}`),
  ];
  return `\n${lines.join("\n")}\n\n`;
}
