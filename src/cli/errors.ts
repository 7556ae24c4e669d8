import { type ErrorCatalogue, defineErrors } from "../core/mod.ts";

interface Details {
  APP_UNKNOWN: { tried: readonly string[] };
  VERB_UNKNOWN: { verb: string; known: readonly string[]; appFound: boolean };
}

/** The errors of the cli room. */
export const errors: ErrorCatalogue<Details> = defineErrors<Details>("cli", {
  APP_UNKNOWN: {
    title: "No app named",
    message: (d) =>
      `Which app? Name its module with --app, or in package.json as { "plinth": { "app": "app.ts" } }. Looked for: ${d.tried.join(", ")}.`,
  },
  VERB_UNKNOWN: {
    title: "Unknown command",
    message: (d) => {
      const others = d.appFound ? "" : " An app may add others, but none was found here: name its module with --app.";
      return `There is no command "${d.verb}". There are: ${d.known.join(", ")}.${others}`;
    },
  },
});
