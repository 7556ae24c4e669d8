import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Size } from "../../core/mod.ts";
import { isSniffable } from "../../security/mod.ts";
import { errors } from "../errors.ts";
import { isPromise, listProperties } from "../validation/validate.ts";
import { toLists } from "../validation/form.ts";
import type {
  CollectedParts,
  FileRule,
  FileRules,
  FilesOf,
  MultipartBody,
  MultipartDeclaration,
  MultipartLimits,
  MultipartStreamDeclaration,
  UploadedFile,
} from "./declaration.ts";

type Result<Output> = StandardSchemaV1.Result<Output>;
type Issue = StandardSchemaV1.Issue;

export interface MultipartOptions<Fields extends StandardSchemaV1 | undefined, Files extends FileRules> {
  /** What the fields must fit: text, or a list of texts where a name is repeated. Without it a field is a fault. */
  readonly fields?: Fields;
  /** What may come as a file, by name. A file under another name is a fault. */
  readonly files?: Files;
  readonly limits?: MultipartLimits;
  /** A file up to this size stays in memory, a larger one waits in a temporary file. Default `"64kb"`. */
  readonly memory?: Size;
}

type FieldsOf<Fields> = Fields extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<Fields> : Readonly<Record<string, never>>;

const DEFAULT_MEMORY: Size = "64kb";

/**
 * Declares a `multipart/form-data` body (RFC 7578) that is read whole before the handler runs. Files wait in memory or in temporary files
 * that have no name, and are gone when the request has ended, however it ends. The route's `bodyLimit` holds for all parts together.
 *
 * @throws E_HTTP_FILE_RULE_INVALID when a rule names a type that no content tells
 * @example
 * route.post("/profile", {
 *   auth: "public",
 *   bodyLimit: "5mb",
 *   body: multipart({ fields: z.object({ name: z.string() }), files: { avatar: { types: ["image/png", "image/jpeg"], maxBytes: "2mb" } } }),
 * }, ({ body }) => ({ name: body.fields.name, type: body.files.avatar.type }));
 */
export function multipart<
  Fields extends StandardSchemaV1 | undefined = undefined,
  // oxlint-disable-next-line typescript/no-generated-empty-object-type -- no rules: no name is a file
  const Files extends FileRules = Readonly<Record<never, FileRule>>,
>(options: MultipartOptions<Fields, Files>): MultipartDeclaration<MultipartBody<FieldsOf<Fields>, FilesOf<Files>>> {
  const { fields, limits = {}, memory = DEFAULT_MEMORY } = options;
  const files: FileRules = options.files ?? {};
  checkRules(files);
  const lists = fields === undefined ? [] : listProperties(fields);
  const validate = (value: unknown): Result<Body> | Promise<Result<Body>> => {
    if (value === undefined) return { issues: [{ message: "expected a multipart body" }] };
    const collected = value as CollectedParts;
    const [chosen, issues] = chooseFiles(files, collected);
    if (fields === undefined) return finish({ value: {} }, chosen, [...issues, ...unexpected(collected)]);
    const result = fields["~standard"].validate(toLists(collected.fields, lists));
    return isPromise(result)
      ? Promise.resolve(result).then((later) => finish(later, chosen, issues))
      : finish(result, chosen, issues);
  };
  type Body = MultipartBody<FieldsOf<Fields>, FilesOf<Files>>;
  const finish = (result: Result<unknown>, chosen: Chosen, issues: readonly Issue[]): Result<Body> => {
    const all = [...(result.issues ?? []).map(under("fields")), ...issues];
    if (all.length > 0 || result.issues !== undefined) return { issues: all };
    return { value: { fields: result.value as FieldsOf<Fields>, files: chosen as FilesOf<Files> } };
  };
  return { kind: "multipart", fields, files, limits, memory, "~standard": { version: 1, vendor: "plinth", validate } };
}

/**
 * Declares a `multipart/form-data` body whose parts the handler reads itself, in the order in which they come, as fast as it takes them.
 *
 * @param options without `files` a file may have any name and type
 * @throws E_HTTP_FILE_RULE_INVALID when a rule names a type that no content tells
 * @example
 * route.post("/import", { auth: "public", bodyLimit: "1gb", body: multipartStream({ files: { data: { types: ["text/csv"] } } }) }, async ({ body }) => {
 *   for await (const part of body) if (part.kind === "file") await importRows(part.stream);
 * });
 */
export function multipartStream(
  options: { readonly files?: FileRules; readonly limits?: MultipartLimits } = {},
): MultipartStreamDeclaration {
  const { files, limits = {} } = options;
  checkRules(files ?? {});
  return { kind: "multipart-stream", files, limits };
}

function checkRules(files: FileRules): void {
  for (const [name, { types, maxCount = 1, minCount = 0 }] of Object.entries(files)) {
    const refuse = (reason: string): never => {
      throw errors.FILE_RULE_INVALID({ name, reason });
    };
    if (types.length === 0) refuse("it takes no type; write `*` for any");
    const unknown = types.find((type) => !/^(?:\*|[a-z]+\/\*)$/.test(type) && !isSniffable(type));
    if (unknown !== undefined) refuse(`"${unknown}" cannot be told by content; take \`*\` and check the file yourself`);
    if (!Number.isInteger(maxCount) || maxCount < 1 || minCount > maxCount) refuse("its counts make no sense");
  }
}

type Chosen = Record<string, UploadedFile | readonly UploadedFile[] | undefined>;

/** The files as the handler gets them, and what is missing among them. */
function chooseFiles(rules: FileRules, { files }: CollectedParts): readonly [Chosen, readonly Issue[]] {
  const chosen = Object.create(null) as Chosen;
  const issues: Issue[] = [];
  for (const [name, rule] of Object.entries(rules)) {
    const found = files[name] ?? [];
    chosen[name] = rule.maxCount === undefined ? found[0] : found;
    const least = rule.maxCount === undefined ? Number(rule.optional !== true) : (rule.minCount ?? 0);
    if (found.length < least) issues.push({ message: missing(least), path: ["files", name] });
  }
  return [chosen, issues];
}

function missing(least: number): string {
  return least === 1 ? "expected a file" : `expected at least ${least} files`;
}

function unexpected({ fields }: CollectedParts): readonly Issue[] {
  return Object.keys(fields).map((name) => ({ message: "expected no such field", path: ["fields", name] }));
}

function under(parent: string): (issue: Issue) => Issue {
  return (issue) => ({ message: issue.message, path: [parent, ...(issue.path ?? [])] });
}
