import { type MetricDefinition, familyName } from "./definition.ts";

interface Owner {
  /** The definition as text: equal texts are equal definitions, because keys always stand in one order. */
  readonly text: string;
}

/** Who owns which name of the exposition, suffixed names included, so that no two metrics write the same line. */
export class NameTable {
  readonly #owners = new Map<string, Owner>();

  /**
   * Takes all names of a metric, or none. Taking them again with an equal definition is fine.
   *
   * @returns the name that belongs to a metric defined otherwise; undefined when all were taken
   */
  claim(definition: MetricDefinition): string | undefined {
    const owner: Owner = { text: JSON.stringify(definition) };
    const names = namesOf(definition);
    const clash = names.find((name) => (this.#owners.get(name) ?? owner).text !== owner.text);
    if (clash === undefined) for (const name of names) this.#owners.set(name, owner);
    return clash;
  }
}

function namesOf(definition: MetricDefinition): readonly string[] {
  const { name, type } = definition;
  const family = familyName(definition);
  if (type === "counter") return [family, name, `${family}_created`];
  if (type === "histogram") return [name, `${name}_bucket`, `${name}_sum`, `${name}_count`, `${name}_created`];
  return [name];
}
