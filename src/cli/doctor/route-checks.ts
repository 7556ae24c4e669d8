import type { DoctorCheck, RouteSurvey } from "../../app/mod.ts";
import { type Finding, type Severity, type Size, parseSize } from "../../core/mod.ts";

const LARGE: Size = "16mb";
const MOST_NAMED = 8;

/** One rule for routes: which break it, and what to say of them. */
interface RouteRule {
  readonly id: string;
  readonly severity: Severity;
  readonly breaks: (route: RouteSurvey) => boolean;
  readonly what: string;
  readonly why: string;
  readonly todo: string;
}

const RULES: readonly RouteRule[] = [
  {
    id: "route-public-write",
    severity: "warning",
    breaks: ({ isPublic, isWrite }) => isPublic && isWrite,
    what: "anybody may change something",
    why: "Who writes without saying who they are cannot be limited, blocked or asked.",
    todo: "Give it an auth rule, or say why not in DOCTOR_IGNORE.",
  },
  {
    id: "route-unlimited",
    severity: "warning",
    breaks: ({ isPublic, limited }) => isPublic && !limited,
    what: "anybody may call as often as they like",
    why: "One client can take all of the server, or try every password.",
    todo: "Give it a limit, or the app by `defaults`.",
  },
  {
    id: "route-body-large",
    severity: "warning",
    breaks: ({ buffers, bodyLimit }) => buffers && bodyLimit !== undefined && parseSize(bodyLimit as Size) > parseSize(LARGE),
    what: `bodies of more than ${LARGE} are held in memory`,
    why: "A few callers at once fill it.",
    todo: "Lower bodyLimit, or read the body as a stream: bodyStream().",
  },
  {
    id: "route-any-origin",
    severity: "warning",
    breaks: ({ anyOrigin }) => anyOrigin,
    what: "pages of every site may read the answers",
    why: "Right for public data, wrong for anything else.",
    todo: "List the origins that may, in `cors`.",
  },
  {
    id: "route-any-site",
    severity: "warning",
    breaks: ({ anySite, isWrite }) => anySite && isWrite,
    what: "other sites may send their visitors' requests here (csrf: none)",
    why: "With a cookie session, any page can act in the name of whoever opens it.",
    todo: "Leave `csrf` out where a browser's cookie is what signs the caller in.",
  },
  {
    id: "route-no-deadline",
    severity: "note",
    breaks: ({ withoutDeadline }) => withoutDeadline,
    what: "there is no deadline",
    why: "A request that hangs, hangs for ever, with all that it holds.",
    todo: "Set one that is longer than the work ever takes.",
  },
];

/** What the declared policies of the app's routes leave open. */
export const routeChecks: readonly DoctorCheck<readonly RouteSurvey[]>[] = RULES.map((rule) => ({
  name: rule.id,
  examine: (routes) => examineRule(rule, routes),
}));

function examineRule({ id, severity, breaks, what, why, todo }: RouteRule, routes: readonly RouteSurvey[]): Finding[] {
  const names = routes.filter(breaks).map(({ name }) => name);
  if (names.length === 0) return [];
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : "";
  return [{ id, severity, what: `${what}: ${names.slice(0, MOST_NAMED).join(", ")}${more}`, why, todo }];
}
