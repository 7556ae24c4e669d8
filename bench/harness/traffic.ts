/** One request of the load, and the JSON body that it must be answered with. */
export interface Call {
  readonly bytes: Buffer;
  readonly expected: unknown;
}

/** What a traffic module exports as `createTraffic`: the requests that each connection sends in turn. */
export type CreateTraffic = (port: number, variant: string) => readonly Call[];

/** The bytes of one request. */
export function formatRequest(start: string, headers: Readonly<Record<string, string | number>>, body = ""): Buffer {
  const fields = Object.entries(body === "" ? headers : { ...headers, "content-length": Buffer.byteLength(body) });
  return Buffer.from(`${start} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`);
}
