import { type ErrorCatalogue, defineErrors } from "../core/mod.ts";

interface Details {
  APP_UNKNOWN: { tried: readonly string[] };
  DOCUMENT_UNREADABLE: { path: string; reason: string };
  VERB_UNKNOWN: { verb: string; known: readonly string[]; appFound: boolean };
  ADMIN_PORT_UNKNOWN: void;
  SERVER_UNREACHABLE: { url: string; reason: string };
  SERVER_FOREIGN: { url: string; status: number };
  KEY_REFUSED: { url: string };
  RESOLUTION_INCOMPLETE: void;
  ACTION_REFUSED: { code: string; detail: string };
}

/** The errors of the cli room. */
export const errors: ErrorCatalogue<Details> = defineErrors<Details>("cli", {
  APP_UNKNOWN: {
    title: "No app named",
    message: (d) =>
      `Which app? Name its module with --app, or in package.json as { "plinth": { "app": "app.ts" } }. Looked for: ${d.tried.join(", ")}.`,
  },
  DOCUMENT_UNREADABLE: {
    title: "API document unreadable",
    message: (d) => `${d.path} cannot be compared: ${d.reason}. Save a document with \`plinth openapi --output <file>\`.`,
  },
  VERB_UNKNOWN: {
    title: "Unknown command",
    message: (d) => {
      const others = d.appFound ? "" : " An app may add others, but none was found here: name its module with --app.";
      return `There is no command "${d.verb}". There are: ${d.known.join(", ")}.${others}`;
    },
  },
  ADMIN_PORT_UNKNOWN: {
    title: "Admin port not known",
    message: () =>
      "ADMIN_PORT is 0, so the system chose the port. Name the server with --admin-url; its log says it when it is ready.",
  },
  SERVER_UNREACHABLE: {
    title: "No answer from the server",
    message: (d) =>
      `No program answers on ${d.url}: ${d.reason}. Is it running, with the ADMIN_HOST and ADMIN_PORT of this configuration?`,
  },
  SERVER_FOREIGN: {
    title: "Not an admin server",
    message: (d) =>
      `What listens on ${d.url} is no admin server of this version of Plinth (it answered ${d.status}). See ADMIN_HOST and ADMIN_PORT.`,
  },
  KEY_REFUSED: {
    title: "Root secret refused",
    message: (d) =>
      `The program on ${d.url} has another APP_KEY, or DATA_FOLDER with a generated one. Run this command with the program's configuration.`,
  },
  RESOLUTION_INCOMPLETE: {
    title: "Incomplete resolution",
    message: () =>
      "Write `plinth db migrate --resolve applied <name>` or `--resolve rolled-back <name>`. Without --resolve no name is given; `--to <name>` stops at one.",
  },
  ACTION_REFUSED: {
    title: "Refused by the program",
    message: (d) => `The program refused: ${d.detail} (${d.code})`,
  },
});
