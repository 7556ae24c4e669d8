const TABLE = Int32Array.from({ length: 1_024 }, (_, index) => index * 7_919);
/** About three milliseconds of work that no other thread can do for it. Plain arithmetic: hashes of `node:crypto` share a lock among threads. */
const ROUNDS = 2_900;

/** What every server does for a request: the answer is for `name`. */
export function work(name: string): { readonly hello: string } {
  let sum = name.length;
  for (let round = 0; round < ROUNDS; round++) sum = mix(sum);
  return { hello: Number.isInteger(sum) ? name : "" };
}

/** A function of its own, because V8 compiles one long loop anew at every call. */
function mix(start: number): number {
  let sum = start;
  for (let index = 0; index < TABLE.length; index++) sum = (Math.imul(sum, 31) + (TABLE[index] as number)) | 0;
  return sum;
}
