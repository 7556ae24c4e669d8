import type { Command } from "commander";
import { withAdminOptions } from "./options.ts";

/** What a verb needs comes when it is asked for: a program that starts waits for none of the others. */
const load = {
  cache: () => import("./cache.ts"),
  limits: () => import("./limits.ts"),
  log: () => import("./log.ts"),
  maintenance: () => import("./maintenance.ts"),
  reload: () => import("./reload.ts"),
  status: () => import("./status.ts"),
};

/** Adds the verbs that talk to the running program, some of them to `config`. */
export function addAdminVerbs(program: Command, print: (text: string) => Promise<void>): void {
  const asking = (parent: Command, usage: string, summary: string): Command =>
    withAdminOptions(parent.command(usage).description(summary)).option("--json", "as JSON");
  const lasting = (command: Command): Command => command.option("--for <duration>", "how long, up to 24h (default: 10m)");

  const report = async ({ ok, text }: { readonly ok: boolean; readonly text: string }): Promise<void> => {
    await print(text);
    if (!ok) process.exitCode = 1;
  };

  asking(program, "status", "what runs here; exit code 1 unless it is ready").action(async (options) =>
    report(await (await load.status()).status(options)),
  );

  const configuration = program.commands.find((command) => command.name() === "config") as Command;
  asking(configuration, "reload", "have the running program load it again").action(async (options) =>
    report(await (await load.reload()).reloadConfig(options)),
  );
  asking(configuration, "status", "what of it waits for a restart of the running program").action(async (options) =>
    print(await (await load.reload()).configStatus(options)),
  );

  const maintenance = program.command("maintenance").description("close the public port for a while: 503 with when to come back");
  asking(maintenance, "on", "begin it, or change what callers are told")
    .option("--message <text>", "what callers read")
    .option("--retry-after <duration>", "when they may come back (default: 10m)")
    .option("--allow <route...>", "routes (as `plinth routes` lists them) or priorities that are served all the same")
    .action(async (options) => print(await (await load.maintenance()).beginMaintenance(options)));
  asking(maintenance, "off", "serve everything again").action(async (options) =>
    print(await (await load.maintenance()).endMaintenance(options)),
  );
  asking(maintenance, "status", "whether it is on, and how to bypass it").action(async (options) =>
    print(await (await load.maintenance()).maintenanceStatus(options)),
  );

  addLimitVerbs(program, asking, print);
  addCacheVerbs(program, asking, print);

  const logging = program.command("log").description("see and change what the running program logs");
  asking(logging, "show", "the level and the scopes, and until when they hold").action(async (options) =>
    print(await (await load.log()).showLog(options)),
  );
  lasting(asking(logging, "level <level>", "set the level of all threads for a time")).action(async (level: string, options) =>
    print(await (await load.log()).setLogLevel(level, options)),
  );
  lasting(asking(logging, "debug", "log the requests that match in detail for a time"))
    .option("--route <template>", "requests of this route, such as /files/:id")
    .option("--principal <id>", "requests of this principal, from when it is known")
    .option("--request-id <id>", "this request")
    .option("--address <address>", "requests from this address")
    .option("--trace", "at trace, not debug")
    .action(async (options) => print(await (await load.log()).debugRequests(options)));
  asking(logging, "reset", "log what is configured again").action(async (options) =>
    print(await (await load.log()).resetLog(options)),
  );
}

type Asking = (parent: Command, usage: string, summary: string) => Command;

/** The verbs on who may call how often. */
function addLimitVerbs(program: Command, asking: Asking, print: (text: string) => Promise<void>): void {
  const group = program.command("limits").description("see and change who may call the running program how often");
  const verb = (usage: string, summary: string): Command =>
    asking(group, usage, summary).option("--service <name>", "the name of the app's limits (default: limits)");
  const lasting = (command: Command): Command =>
    command.option("--for <duration>", "how long (default: until it is taken back)").option("--reason <text>", "why, for others");

  verb("show <key>", "what every limit says of a key: an address, a principal's id")
    .option("--route <template>", "for limits that count per route")
    .action(async (key: string, options) => print(await (await load.limits()).showLimits(key, options)));
  verb("reset <key>", "forget what a key has used")
    .option("--policy <name>", "of this limit only")
    .option("--route <template>", "for limits that count per route")
    .action(async (key: string, options) => print(await (await load.limits()).resetLimits(key, options)));
  lasting(verb("ban <subject>", "answer 403 to an address, a network or a key")).action(async (subject: string, options) =>
    print(await (await load.limits()).setAccess("ban", subject, options)),
  );
  lasting(verb("allow <subject>", "stop limiting an address, a network or a key")).action(async (subject: string, options) =>
    print(await (await load.limits()).setAccess("allow", subject, options)),
  );
  verb("unban <subject>", "take a ban or an allowance back").action(async (subject: string, options) =>
    print(await (await load.limits()).setAccess("unban", subject, options)),
  );
  verb("list", "who is blocked and who is let through").action(async (options) =>
    print(await (await load.limits()).listAccess(options)),
  );
  verb("top", "the keys that this program has refused most since it started")
    .option("--most <count>", "how many (default: 20, at most 128)")
    .action(async (options) => print(await (await load.limits()).topOffenders(options)));
}

/** The verbs on what the running program has cached. */
function addCacheVerbs(program: Command, asking: Asking, print: (text: string) => Promise<void>): void {
  const group = program.command("cache").description("see and clear what the running program has cached");
  const verb = (usage: string, summary: string): Command =>
    asking(group, usage, summary).option("--service <name>", "the name of the app's cache (default: cache)");

  verb("explain <namespace> <key>", "where a value is, how old, and who makes it; parts of a key as JSON: '[\"a\",1]'").action(
    async (namespace: string, key: string, options) => print(await (await load.cache()).explainKey(namespace, key, options)),
  );
  verb("clear [namespace]", "forget a namespace, or everything, in all threads and machines")
    .option("--tag <tag>", "forget what carries this tag")
    .action(async (namespace: string | undefined, options) => print(await (await load.cache()).clearCache(namespace, options)));
  verb("stats", "what the threads of this program counted since they started").action(async (options) =>
    print(await (await load.cache()).cacheStats(options)),
  );
}
