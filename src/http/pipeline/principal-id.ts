/** The id of a principal, if it has one that is a text. */
export function principalId(principal: unknown): string | undefined {
  const id = (principal as { id?: unknown } | null | undefined)?.id;
  return typeof id === "string" ? id : undefined;
}
