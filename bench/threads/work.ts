/** About three milliseconds of work that no other thread can do for it. Plain arithmetic: hashes of `node:crypto` share a lock among threads. */
const ROUNDS = 900_000;

/** What every server does for a request: the answer is for `name`. */
export function work(name: string): { readonly hello: string } {
  let sum = name.length;
  for (let round = 0; round < ROUNDS; round++) sum = Math.imul(sum ^ (round & 255), 16_777_619);
  return { hello: sum === 0 ? "" : name };
}
