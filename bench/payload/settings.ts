// What every server agrees on. No package is imported here: the bare server uses it too.
export { HOST, PORT, announceReady } from "../harness/environment.ts";

/** Room for the largest body. */
export const BODY_LIMIT: number = 2 ** 21;

/** A JSON body of about so many kilobytes: a list of orders. */
export function createPayload(kilobytes: number): readonly object[] {
  const order = (index: number): object => ({
    id: index,
    sku: `sku-${index}`,
    name: "A thing with a name of usual length",
    price: index * 1.25,
    tags: ["new", "réduit"],
  });
  const list: object[] = [];
  for (let length = 2; length < kilobytes * 1_000; length += JSON.stringify(list.at(-1)).length + 1)
    list.push(order(list.length));
  return list;
}
