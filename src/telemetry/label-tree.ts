type Node<Leaf extends object> = Map<string, Node<Leaf> | Leaf>;

/**
 * Finds a series by its label values, one map per label, so that a look-up builds no key. Holds only what is put into it, so it
 * stays as bounded as the series are.
 */
export class LabelTree<Leaf extends object> {
  readonly #root: Node<Leaf> = new Map();

  /** @param path one value per label; at least one */
  find(path: readonly string[]): Leaf | undefined {
    let node: Node<Leaf> | Leaf | undefined = this.#root;
    for (const value of path) {
      node = (node as Node<Leaf>).get(value);
      if (node === undefined) return undefined;
    }
    return node as Leaf;
  }

  put(path: readonly string[], leaf: Leaf): void {
    let node = this.#root;
    for (const value of path.slice(0, -1)) {
      let next = node.get(value) as Node<Leaf> | undefined;
      if (next === undefined) node.set(value, (next = new Map()));
      node = next;
    }
    node.set(path.at(-1) as string, leaf);
  }
}
