import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import * as z from "zod";
import { EncodedEvent, type ServerEvent, compileEvents, encodeEvent, isEventField } from "#src/http/live/server-event";
import { type SeenEvent, parseEvents } from "./parse-events.ts";

const encode = compileEvents(undefined) as (event: ServerEvent) => string;
const HOSTILE = ["\r", "\n", "\r\n", "\0", "\u2028", "\u2029", "\u0085", "\u000b", "\u001b"];

describe("a server-sent event", () => {
  it("is its fields and an empty line", () => {
    assert.equal(
      encode({ id: "7", event: "order", data: "paid", retry: "2s" }),
      "id: 7\nevent: order\nretry: 2000\ndata: paid\n\n",
    );
  });

  it("sends values as JSON and text line by line", () => {
    assert.equal(encode({ data: { qty: 1 } }), 'data: {"qty":1}\n\n');
    assert.equal(encode({ data: "a\nb\rc\r\nd\n" }), "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
    assert.equal(encode({ data: "" }), "data: \n\n");
    assert.equal(encode({ id: "1" }), "id: 1\n\n");
  });

  for (const text of HOSTILE) {
    const name = JSON.stringify(text);
    it(`lesson: CVE-2026-35515: ${name} in an id or a name is refused`, () => {
      for (const event of [{ id: `a${text}data: b` }, { event: `a${text}data: b` }, { id: text }, { event: text }]) {
        assert.throws(() => encode(event), { code: "E_HTTP_EVENT_INVALID" });
      }
    });

    it(`lesson: GHSA-4hxc-9384-m385: ${name} in data begins no field`, () => {
      const data = `a${text}event: admin${text}data: b${text}${text}id: 9`;
      const [event, ...others] = parseEvents(encode({ event: "mine", data }));
      assert.deepEqual(others, []);
      assert.equal(event?.event, "mine");
      assert.equal(event?.id, "");
      assert.equal(event?.data, data.replaceAll(/\r\n|\r/g, "\n"));
    });

    it(`keeps ${name} in JSON out of the sight of clients that cut lines there`, () => {
      const lines = encode({ data: { note: `a${text}b` } }).split(/[\r\n\0\u2028\u2029\u0085\u000b\u001b]/);
      assert.equal(lines.length, 3);
      assert.deepEqual(JSON.parse(String(lines[0]).slice(6)), { note: `a${text}b` });
    });
  }

  it("refuses an id or a name that is too long or no text", () => {
    assert.throws(() => encode({ id: "x".repeat(257) }), { code: "E_HTTP_EVENT_INVALID" });
    assert.throws(() => encode({ id: 7 as never }), { code: "E_HTTP_EVENT_INVALID" });
    assert.equal(isEventField("x".repeat(256)), true);
  });

  it("comes out of a parser as it went in, whatever its text", () => {
    const text = fc.string({ unit: fc.constantFrom("a", ":", " ", "\r", "\n", "data: x", "id", "\u2028", "é") });
    const field = fc.string({ unit: fc.constantFrom("a", ":", " ", "é", "data") }).filter((one) => one !== "");
    const event = fc.record({ id: field, event: field, data: text });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 5 }), (events) => {
        const seen = parseEvents(events.map((one) => encode(one)).join(""));
        const expected = events.map(({ id, event: name, data }): SeenEvent => {
          return { id, event: name, data: data.replaceAll(/\r\n|\r/g, "\n") };
        });
        assert.deepEqual(seen, expected);
      }),
    );
  });
});

describe("events with a schema", () => {
  const Order = z.object({ id: z.string() });

  it("send only what it lists", () => {
    const withSchema = compileEvents(Order) as (event: ServerEvent) => string;
    assert.equal(withSchema({ data: { id: "1", secret: "x" } }), 'data: {"id":"1"}\n\n');
    assert.equal(withSchema({ event: "ping" }), "event: ping\n\n");
  });

  it("send text as JSON too", () => {
    assert.equal((compileEvents(z.string()) as (event: ServerEvent) => string)({ data: "a\nb" }), 'data: "a\\nb"\n\n');
  });

  it("refuse what does not fit, and say where", () => {
    assert.throws(
      () => compileEvents(Order)({ data: { id: 1 } }),
      (error: Error & { code?: string; faults?: readonly { pointer: string }[] }) =>
        error.code === "E_HTTP_EVENT_INVALID" && error.faults?.[0]?.pointer === "/id",
    );
  });

  it("wait for a schema that takes its time", async () => {
    const slow = z.string().refine((text) => Promise.resolve(text !== "no"));
    assert.equal(await compileEvents(slow)({ data: "yes" }), 'data: "yes"\n\n');
    await assert.rejects(async () => compileEvents(slow)({ data: "no" }), { code: "E_HTTP_EVENT_INVALID" });
  });
});

describe("an event that is encoded already", () => {
  it("holds its bytes", () => {
    assert.equal(new EncodedEvent(Buffer.from(encodeEvent({}, "x"))).bytes.toString(), "data: x\n\n");
  });
});
