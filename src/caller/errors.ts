import { type ErrorCatalogue, defineErrors } from "../core/error.ts";

interface Details {
  TEMPLATE_INVALID: { template: string };
  PARAM_MISSING: { template: string; parameter: string };
  PARAM_INVALID: { template: string; parameter: string; reason: string };
  TARGET_UNKNOWN: { target: string };
  BASE_INVALID: { base: string };
  UNREACHABLE: { method: string; url: string };
  TIMED_OUT: { method: string; url: string; timeout: string };
  ANSWER_UNREADABLE: { method: string; url: string; reason: string };
  PROBLEM_MISSING: { status: number; excerpt: string };
}

/** The errors of the caller room. */
export const errors: ErrorCatalogue<Details, "caller"> = defineErrors<Details, "caller">("caller", {
  TEMPLATE_INVALID: {
    title: "Template not callable",
    message: (d) => `${JSON.stringify(d.template)} is no route's template: one starts with one slash.`,
  },
  PARAM_MISSING: {
    title: "Path parameter missing",
    message: (d) => `A URL of ${d.template} needs \`params: { ${JSON.stringify(d.parameter)}: … }\`. An empty text is none.`,
  },
  PARAM_INVALID: {
    title: "Path parameter not sendable",
    message: (d) => `The parameter ${JSON.stringify(d.parameter)} of ${d.template} ${d.reason}.`,
  },
  TARGET_UNKNOWN: {
    title: "No such route",
    message: (d) => `No route is named ${JSON.stringify(d.target)}, or has this template.`,
  },
  BASE_INVALID: {
    title: "Base URL not usable",
    message: (d) =>
      `${JSON.stringify(d.base)} is no base of URLs. Write an http: or https: URL without query, fragment and credentials, such as "https://api.example.com/v1".`,
  },
  UNREACHABLE: {
    title: "Server not reached",
    message: (d) => `${d.method} ${d.url} got no answer. The cause says why.`,
  },
  TIMED_OUT: {
    title: "No answer in time",
    message: (d) => `${d.method} ${d.url} was not answered in full within ${d.timeout}. It may have been carried out.`,
  },
  ANSWER_UNREADABLE: {
    title: "Answer not readable",
    message: (d) => `The answer to ${d.method} ${d.url} cannot be read: ${d.reason}.`,
  },
  PROBLEM_MISSING: {
    title: "Answer without a problem",
    message: (d) =>
      `The answer has status ${d.status} and no problem document: the route says so itself, or something between answered in its place.${d.excerpt === "" ? "" : ` It begins: ${d.excerpt}`}`,
  },
});
