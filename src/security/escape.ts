const SPECIAL = /[&<>"']/;
const SPECIALS = /[&<>"']/g;
const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/**
 * A text as HTML shows it, safe as content and inside a quoted attribute value. Not inside `<script>`, `<style>`, an unquoted
 * attribute, or a URL attribute whose scheme the caller chooses. Source: OWASP Cross Site Scripting Prevention Cheat Sheet, rule 1.
 *
 * @example
 * escapeHtml(`<b title="x">`); // "&lt;b title=&quot;x&quot;&gt;"
 */
export function escapeHtml(text: string): string {
  return SPECIAL.test(text) ? text.replace(SPECIALS, (character) => ENTITIES[character] as string) : text;
}

/** Markup that is safe as it stands, because {@link html} built it. Nothing that came in as data can be one. */
export class Html {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** @internal only {@link html} may vouch for a text */
  static build(strings: readonly string[], values: readonly HtmlValue[]): Html {
    let text = strings[0] as string;
    for (const [index, value] of values.entries()) text += Html.#render(value) + (strings[index + 1] as string);
    return new Html(text);
  }

  static #render(value: HtmlValue): string {
    if (value === null || value === undefined || value === false) return "";
    if (value instanceof Html) return value.#text;
    if (Array.isArray(value)) return value.map((item: HtmlValue) => Html.#render(item)).join("");
    return escapeHtml(String(value));
  }

  /** The markup. */
  toString(): string {
    return this.#text;
  }
}

/** What a template takes: text is escaped, markup is not escaped again, lists are joined, and null, undefined and false leave nothing. */
export type HtmlValue = string | number | bigint | Html | null | undefined | false | readonly HtmlValue[];

/**
 * Markup with every interpolation escaped. Put quotes around interpolated attribute values.
 *
 * @example
 * const items = ["<one>", "two"].map((item) => html`<li>${item}</li>`);
 * String(html`<ul>${items}</ul>`); // "<ul><li>&lt;one&gt;</li><li>two</li></ul>"
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return Html.build(strings, values);
}
