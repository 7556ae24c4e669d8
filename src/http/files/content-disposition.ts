/**
 * The `Content-Disposition` that offers a file under a name (RFC 6266): a plain name for old clients, the exact one for all others
 * (RFC 8187). A name is no path, and stays inside its header: slashes become `_`, control characters go.
 *
 * @param inline shown in the browser instead of saved
 */
export function contentDisposition(name: string | undefined, inline: boolean): string {
  const kind = inline ? "inline" : "attachment";
  const safe = name?.toWellFormed().replaceAll(CONTROLS, "").replaceAll(/[/\\]/g, "_");
  if (safe === undefined || safe === "") return kind;
  const plain = safe.replaceAll(/[^\x20-\x7e]|["%]/g, "_");
  const exact = encodeURIComponent(safe).replaceAll(/['()*]/g, escapeCharacter);
  return `${kind}; filename="${plain}"; filename*=UTF-8''${exact}`;
}

const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;

// encodeURIComponent leaves these as they are, an extended value may not have them (RFC 8187, section 3.2.1).
function escapeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
