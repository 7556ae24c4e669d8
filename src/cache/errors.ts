import { type ErrorCatalogue, type Fault, defineErrors } from "../core/mod.ts";

interface Details {
  OPTION_INVALID: { option: string; reason: string };
  NOT_STARTED: { cache: string };
  NAMESPACE_INVALID: { namespace: string; reason: string };
  NAMESPACE_DUPLICATE: { namespace: string };
  NAMESPACE_UNKNOWN: { namespace: string; known: readonly string[] };
  VERSION_MISSING: { namespace: string; reason: string };
  KEY_INVALID: { namespace: string; reason: string };
  TAG_INVALID: { reason: string };
  VALUE_INVALID: { namespace: string; key: string; faults: readonly Fault[] };
  VALUE_UNSTORABLE: { namespace: string; key: string; reason: string };
  FACTORY_TIMEOUT: { namespace: string; key: string; milliseconds: number };
  STORE_DOWN: { cache: string };
  RESPONSE_INVALID: { route: string; reason: string };
  RESPONSE_PRINCIPAL: { route: string };
}

/** The errors of the cache room. */
export const errors: ErrorCatalogue<Details> = defineErrors<Details>("cache", {
  OPTION_INVALID: {
    title: "Invalid cache option",
    message: (d) => `The option \`${d.option}\` of a cache cannot work: ${d.reason}.`,
  },
  NOT_STARTED: {
    title: "Cache not started",
    message: (d) =>
      `The cache "${d.cache}" is not running. Await its \`start()\`, or give it to the app as a service, before it is used.`,
  },
  NAMESPACE_INVALID: {
    title: "Invalid cache namespace",
    message: (d) => `The cache namespace "${d.namespace}" cannot work: ${d.reason}.`,
  },
  NAMESPACE_DUPLICATE: {
    title: "Duplicate cache namespace",
    message: (d) =>
      `Two cache namespaces are named "${d.namespace}". Make it once and pass it on, or give each a name of its own.`,
  },
  NAMESPACE_UNKNOWN: {
    title: "Unknown cache namespace",
    status: 404,
    message: (d) => `There is no cache namespace "${d.namespace}". There are: ${d.known.join(", ") || "none"}.`,
  },
  VERSION_MISSING: {
    title: "Cache namespace without a version",
    message: (d) =>
      `The cache namespace "${d.namespace}" needs a \`version\`, so that no deploy reads what another wrote in another shape: ${d.reason}.`,
  },
  KEY_INVALID: {
    title: "Invalid cache key",
    message: (d) => `A key of the cache namespace "${d.namespace}" ${d.reason}.`,
  },
  TAG_INVALID: {
    title: "Invalid cache tag",
    message: (d) => `A cache tag ${d.reason}.`,
  },
  VALUE_INVALID: {
    title: "Invalid value for the cache",
    message: (d) =>
      `The value for "${d.key}" does not fit the schema of the cache namespace "${d.namespace}": ${d.faults
        .map(({ pointer, detail }) => `${pointer === "" ? "it" : pointer} ${detail}`)
        .join("; ")}. Mend what made it, or the schema.`,
  },
  VALUE_UNSTORABLE: {
    title: "Value cannot be cached",
    message: (d) =>
      `The value for "${d.key}" cannot be kept in the cache namespace "${d.namespace}": ${d.reason}. Give data only: no functions, streams or sockets.`,
  },
  FACTORY_TIMEOUT: {
    title: "Value not ready in time",
    status: 503,
    message: (d) =>
      `The value for "${d.key}" of the cache namespace "${d.namespace}" was not ready within ${d.milliseconds} ms. Find out why its factory is slow, or raise \`hardTimeout\`.`,
  },
  STORE_DOWN: {
    title: "Cache store down",
    status: 503,
    message: (d) => `The store of the cache "${d.cache}" does not answer at the moment. It is tried again by itself.`,
  },
  RESPONSE_INVALID: {
    title: "Invalid response cache policy",
    message: (d) => `The answers of ${d.route} cannot be cached: ${d.reason}.`,
  },
  RESPONSE_PRINCIPAL: {
    title: "Response cache without a principal",
    message: (d) =>
      `The answers of ${d.route} are cached by principal, but it was called by none that has an \`id\`. Give principals an id that is a text.`,
  },
});
