import type { DoctorCheck } from "../../app/mod.ts";
import { type Finding, toError } from "../../core/mod.ts";

/** Makes every check. One that fails is a finding itself, and does not keep the others from being made. */
export async function examine<Subject>(checks: readonly DoctorCheck<Subject>[], subject: Subject): Promise<readonly Finding[]> {
  const results = checks.map(async (check) => {
    try {
      return await check.examine(subject);
    } catch (thrown) {
      return [failure(check.name, thrown)];
    }
  });
  return (await Promise.all(results)).flat();
}

export function failure(name: string, thrown: unknown): Finding {
  return {
    id: "check-failed",
    severity: "warning",
    what: `${name} could not be looked at: ${toError(thrown).message}`,
    why: "What was not looked at may be anything.",
    todo: "Mend what keeps the check from looking.",
  };
}

/** Findings apart: those to be told, and those that are meant so. */
export interface Sorted {
  readonly findings: readonly Finding[];
  readonly ignored: readonly (Finding & { readonly reason: string })[];
}

const ENTRY = /^([a-z][a-z0-9-]*):\s*(\S.*)$/;

/** Takes out what the configuration says is meant so. An entry without a reason ignores nothing, and is a finding. */
export function sortOut(findings: readonly Finding[], ignore: readonly string[]): Sorted {
  const reasons = new Map<string, string>();
  const faulty: Finding[] = [];
  for (const entry of ignore) {
    const [, id, reason] = ENTRY.exec(entry) ?? [];
    if (id === undefined || reason === undefined) faulty.push(unreasoned(entry));
    else reasons.set(id, reason);
  }
  return {
    findings: [...findings.filter(({ id }) => !reasons.has(id)), ...faulty],
    ignored: findings.flatMap((finding) => {
      const reason = reasons.get(finding.id);
      return reason === undefined ? [] : [Object.assign({ reason }, finding)];
    }),
  };
}

function unreasoned(entry: string): Finding {
  return {
    id: "ignored-without-reason",
    severity: "warning",
    what: `DOCTOR_IGNORE has ${JSON.stringify(entry)}`,
    why: "In a year nobody will know why.",
    todo: 'Write the id, a colon and the reason: "route-public-write: anybody may drop a file".',
  };
}
