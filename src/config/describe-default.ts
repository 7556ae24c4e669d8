import type { Environment, Setting } from "./contract.ts";

const ENVIRONMENTS: readonly Environment[] = ["development", "test", "production"];

/** A setting's default as text, the same on every machine; undefined when it has none. */
export function describeDefault(setting: Setting<unknown>): string | undefined {
  const { default: given, defaultLabel } = setting.options;
  if (defaultLabel !== undefined) return defaultLabel;
  if (typeof given !== "function") return given === undefined ? undefined : writeDefault(given);
  const byText = new Map<string, Environment[]>();
  for (const environment of ENVIRONMENTS) {
    const text = writeDefault(given(environment));
    byText.set(text, [...(byText.get(text) ?? []), environment]);
  }
  if (byText.size === 1) return [...byText.keys()][0];
  return [...byText].map(([text, environments]) => `${text} (${environments.join(", ")})`).join("; ");
}

/** A default as it would be written in a variable. */
export function writeDefault(value: unknown): string {
  if (typeof value === "string") return value;
  const simple = Array.isArray(value) && value.every((item) => typeof item !== "object");
  return simple ? value.join(",") : (JSON.stringify(value) ?? "");
}

/** Whether, where and how a value is demanded: "required", "required in production", "optional" or its default. */
export function describeDemand(setting: Setting<unknown>): string {
  const { optional, requiredIn = [] } = setting.options;
  const fallback = describeDefault(setting);
  const parts = [
    ...(requiredIn.length > 0 ? [`required in ${requiredIn.join(", ")}`] : []),
    ...(fallback !== undefined ? [`default ${fallback === "" ? "empty" : fallback}`] : []),
  ];
  if (parts.length > 0) return parts.join("; ");
  return optional === true ? "optional" : "required";
}
