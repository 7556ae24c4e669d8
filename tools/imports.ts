/** Finds the imports of a TypeScript file without a compiler: what is in comments, texts and expressions is masked first. */

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** A string after one of these is a module's name. `from` and `import` before a string mean nothing else in the language. */
const BEFORE_NAME = [
  String.raw`(?<![.\w$])from\s*`,
  String.raw`(?<![.\w$])import\s*`,
  String.raw`(?<![.\w$])import\s*\(\s*`,
  String.raw`(?<![\w$])import\s*\.\s*meta\s*\.\s*resolve\s*\(\s*`,
  String.raw`(?<![\w$])require\s*\(\s*`,
  String.raw`(?<![\w$])getBuiltinModule\s*\(\s*`,
];
const NAME = new RegExp(`(?:${BEFORE_NAME.join("|")})(["'\`])`, "g");

/** Every module that a file names: values and types, static and dynamic, `export … from` and `import.meta.resolve`. */
export function findImports(source: string, masked: string = maskSource(source)): Import[] {
  return [...masked.matchAll(NAME)].map((match) => {
    const start = match.index + match[0].length;
    const end = masked.indexOf(match[1] as string, start);
    return { specifier: source.slice(start, end), line: lineAt(source, start) };
  });
}

/** The package of a module's name: `@scope/name/file` is of `@scope/name`. */
export function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The line, counted from 1, of a position. */
export function lineAt(source: string, position: number): number {
  return source.slice(0, position).split("\n").length;
}

const COMMENT = /\/\/.*|\/\*[\s\S]*?\*\//y;
const TEXT = /(["'])(?:\\[\s\S]|(?!\1)[^\\\n])*\1/y;
const EXPRESSION = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/[\\\n])+\/[a-z]*/y;
const TEMPLATE_PART = /(?:\\[\s\S]|(?!\$\{)[^\\`])*/y;
const WORD = /[\w$]+/y;
/** After these a slash begins an expression; after anything else it divides. */
const BEFORE_EXPRESSION = /^(?:[^\w$)\]"'`]|return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield)?$/;

/**
 * The same text, of the same length and the same lines, in which comments are blank, and texts, templates and regular expressions are
 * filled with underscores, quotes left in place. What is code stays as it is.
 */
export function maskSource(source: string): string {
  let masked = "";
  let previous = "";
  // For each template that is open around the current place: how many braces are open inside its `${`.
  const templates: number[] = [];
  const at = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = masked.length;
    return pattern.exec(source)?.[0];
  };
  const templatePart = (): void => {
    masked += fill(at(TEMPLATE_PART) ?? "");
    if (source.startsWith("${", masked.length)) {
      masked += "${";
      templates.push(0);
    } else {
      masked += source.slice(masked.length, masked.length + 1);
    }
    previous = masked.at(-1) ?? "";
  };
  while (masked.length < source.length) {
    const char = source[masked.length] as string;
    const comment = char === "/" ? at(COMMENT) : undefined;
    if (comment !== undefined) {
      masked += comment.replaceAll(/[^\n]/g, " ");
      continue;
    }
    const text = at(TEXT);
    const expression = char === "/" && BEFORE_EXPRESSION.test(previous) ? at(EXPRESSION) : undefined;
    const token = text ?? expression ?? at(WORD) ?? char;
    if (text !== undefined) masked += char + fill(text.slice(1, -1)) + char;
    else masked += expression === undefined ? token : fill(expression);
    // A slash after a quote, or after the underscores of an expression, divides.
    if (token.trim() !== "") previous = text === undefined ? masked.slice(-token.length) : char;
    if (token === "`") templatePart();
    else if (token === "{" && templates.length > 0) templates.push((templates.pop() as number) + 1);
    else if (token === "}" && templates.length > 0) {
      const open = templates.pop() as number;
      if (open > 0) templates.push(open - 1);
      else templatePart();
    }
  }
  return masked;
}

const fill = (text: string): string => text.replaceAll(/[^\n]/g, "_");
