// The builders as one namespace: `setting.port()`, `setting.list(setting.text())`.
export { type ListOptions, list } from "./list-setting.ts";
export { type NumberOptions, integer, number, port } from "./number-settings.ts";
export { schema } from "./schema-setting.ts";
export { type ConnectionOptions, type SecretOptions, type UrlOptions, connection, secret, url } from "./secret-settings.ts";
export { boolean, choice, duration, rate, size, text } from "./text-settings.ts";
