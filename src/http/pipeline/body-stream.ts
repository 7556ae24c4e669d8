/** A stream that keeps its error: whoever reads on gets it again, and never takes half a body for a whole one. */
export function keepError<Item>(items: AsyncGenerator<Item>): AsyncIterable<Item> {
  let failure: { readonly thrown: unknown } | null = null;
  const iterator: AsyncIterator<Item> = {
    async next() {
      if (failure !== null) throw failure.thrown;
      try {
        return await items.next();
      } catch (thrown) {
        failure = { thrown };
        throw thrown;
      }
    },
    return: () => items.return(undefined),
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
