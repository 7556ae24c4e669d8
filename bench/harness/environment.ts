// What every server of every benchmark agrees on. No package is imported here: the bare servers use it too.

export const HOST = "127.0.0.1";
export const PORT = Number(process.env["PORT"]);

/** Tells whoever started the server that it listens. */
export function announceReady(): void {
  process.stdout.write("ready\n");
}
