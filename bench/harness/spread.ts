/** Does an operation so many times, with some of them under way at once. */
export async function spread(count: number, width: number, one: () => Promise<unknown>): Promise<void> {
  let left = count;
  const work = async (): Promise<void> => {
    while (left > 0) {
      left--;
      await one();
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, work));
}
