import type { ConfigKey, ConfigSchema } from "./contract.ts";
import { describeDemand, writeDefault } from "./describe-default.ts";
import { toPrintable } from "./printable.ts";

/**
 * The text of `.env.example`: every variable with what it is for, what it takes and its default. Only required ones stand uncommented,
 * and empty, so that a forgotten one is a fault and not an example value in production.
 */
export function configExample(schema: ConfigSchema): string {
  return `# Copy to .env and uncomment what differs from the defaults.\n\n${schema.keys.map(describeVariable).join("\n")}`;
}

function describeVariable({ variable, setting }: ConfigKey): string {
  const { doc, reload, optional, requiredIn, default: given } = setting.options;
  const required = given === undefined && optional !== true && requiredIn === undefined;
  const value = given === undefined || typeof given === "function" ? "" : quote(writeDefault(given));
  const lines = [
    ...(doc === undefined ? [] : [toPrintable(doc)]),
    ...(reload === "live" ? ["A change holds at once, without a restart."] : []),
    toPrintable(`${setting.secret ? "Secret. " : ""}Expects ${setting.expected}; ${describeDemand(setting)}.`),
  ];
  return `${lines.map((line) => `# ${line}\n`).join("")}${required ? "" : "# "}${variable}=${value}\n`;
}

/** As `parseEnv` reads it back: bare where nothing in it means something, else in the first kind of quotes that it does not hold. */
function quote(value: string): string {
  if (/^[\w./:@,%+*?&=~^()-]*$/.test(value)) return value;
  const mark = ["'", "`", '"'].find((candidate) => !value.includes(candidate)) ?? "'";
  return `${mark}${value}${mark}`;
}
