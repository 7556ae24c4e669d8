import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { LabelTree } from "#src/telemetry/label-tree";

describe("LabelTree", () => {
  it("finds nothing where nothing was put", () => {
    const tree = new LabelTree<object>();
    tree.put(["a", "b"], {});
    assert.equal(tree.find(["a", "c"]), undefined);
    assert.equal(tree.find(["b", "a"]), undefined);
  });

  it("takes names of the object prototype for what they are", () => {
    const tree = new LabelTree<object>();
    assert.equal(tree.find(["__proto__", "constructor"]), undefined);
  });

  it("finds what a map by joined key finds, for any paths of one length", () => {
    const path = fc.tuple(fc.string({ maxLength: 2 }), fc.string({ maxLength: 2 }), fc.string({ maxLength: 2 }));
    fc.assert(
      fc.property(fc.array(path, { maxLength: 30 }), fc.array(path, { maxLength: 30 }), (put, asked) => {
        const tree = new LabelTree<object>();
        const model = new Map<string, object>();
        for (const labels of put) {
          const leaf = {};
          tree.put(labels, leaf);
          model.set(JSON.stringify(labels), leaf);
        }
        for (const labels of [...put, ...asked]) assert.equal(tree.find(labels), model.get(JSON.stringify(labels)));
      }),
    );
  });
});
