/**
 * The parameters of a statement as an engine's package takes them. Texts, numbers and null pass as they are.
 *
 * @param encode what becomes of any other value
 * @throws TypeError for what is no value: packages differ in what they make of `undefined`, symbols and functions
 */
export function encodeParameters(parameters: readonly unknown[], encode: (value: unknown) => unknown): readonly unknown[] {
  let encoded: unknown[] | undefined;
  for (let index = 0; index < parameters.length; index += 1) {
    const value = parameters[index];
    const type = typeof value;
    if (type === "string" || type === "number" || value === null) continue;
    if (type === "undefined" || type === "symbol" || type === "function") {
      throw new TypeError(`Parameter ${index + 1} is ${type}, which is no value. Write null for no value.`);
    }
    const text = encode(value);
    if (text !== value) (encoded ??= [...parameters])[index] = text;
  }
  return encoded ?? parameters;
}
