import type { BodyStream } from "../contract.ts";

/** A body stream that keeps its error: whoever reads on gets it again, and never takes half a body for a whole one. */
export function keepError(chunks: AsyncGenerator<Uint8Array>): BodyStream {
  let failure: { readonly thrown: unknown } | null = null;
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      if (failure !== null) throw failure.thrown;
      try {
        return await chunks.next();
      } catch (thrown) {
        failure = { thrown };
        throw thrown;
      }
    },
    return: () => chunks.return(undefined),
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
