import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import { SlowClientGuard } from "#src/http/node/slow-clients";
import { type FakeClock, createFakeClock } from "#src/testing/fake-clock";

/** The part of a socket that the guard looks at. */
class FakeSocket extends EventEmitter {
  bytesRead = 0;
  bytesWritten = 0;
  writableLength = 0;
  _handle: { writeQueueSize: number } | null = { writeQueueSize: 0 };
  due = true;
  forgotten = false;
  destroyed = false;

  destroy(): void {
    this.destroyed = true;
    this.emit("close");
  }
}

interface Setup {
  readonly clock: FakeClock;
  readonly open: () => FakeSocket;
}

/** A guard that wants 100 bytes a second over 10 seconds. */
function setUp(): Setup {
  const clock = createFakeClock();
  const guard = new SlowClientGuard({
    clock,
    minimumRate: 100,
    window: 10_000,
    isForgotten: (socket) => (socket as unknown as FakeSocket).forgotten,
    owesBody: (socket) => (socket as unknown as FakeSocket).due,
  });
  return {
    clock,
    open: () => {
      const socket = new FakeSocket();
      guard.watch(socket as unknown as Socket);
      return socket;
    },
  };
}

/** Lets time pass second by second, something happening before each look. */
function pass(clock: FakeClock, seconds: number, before: () => void = () => undefined): void {
  for (let second = 0; second < seconds; second++) {
    before();
    clock.advance(1_000);
  }
}

describe("a slow client", () => {
  it("that owes its body and sends nothing is cut after the window", () => {
    const { clock, open } = setUp();
    const socket = open();
    pass(clock, 9);
    assert.equal(socket.destroyed, false);
    pass(clock, 2);
    assert.equal(socket.destroyed, true);
  });

  it("that drips its body byte by byte is cut", () => {
    const { clock, open } = setUp();
    const socket = open();
    pass(clock, 12, () => (socket.bytesRead += 1));
    assert.equal(socket.destroyed, true);
  });

  it("that is just fast enough is left alone, however long it takes", () => {
    const { clock, open } = setUp();
    const socket = open();
    pass(clock, 600, () => (socket.bytesRead += 120));
    assert.equal(socket.destroyed, false);
  });

  it("that comes in bursts within the window is left alone", () => {
    const { clock, open } = setUp();
    const socket = open();
    let second = 0;
    pass(clock, 120, () => {
      if (++second % 8 === 0) socket.bytesRead += 1_000;
    });
    assert.equal(socket.destroyed, false);
  });

  it("that reads nothing of its answer is cut, though the kernel took the first of it", () => {
    const { clock, open } = setUp();
    const socket = open();
    socket.bytesWritten = 1_000_000;
    socket.writableLength = 900_000;
    pass(clock, 12);
    assert.equal(socket.destroyed, true);
  });

  it("that reads one large write steadily is left alone, though Node counts it only at its end", () => {
    const { clock, open } = setUp();
    const socket = open();
    socket.bytesWritten = 1_000_000;
    socket.writableLength = 1_000_000;
    socket._handle = { writeQueueSize: 1_000_000 };
    pass(clock, 60, () => ((socket._handle as { writeQueueSize: number }).writeQueueSize -= 1_000));
    assert.equal(socket.destroyed, false);
  });

  it("that reads nothing of its answer is cut, though it keeps sending requests", () => {
    const { clock, open } = setUp();
    const socket = open();
    socket.due = false;
    socket.bytesWritten = 1_000_000;
    socket.writableLength = 900_000;
    pass(clock, 12, () => (socket.bytesRead += 1_000));
    assert.equal(socket.destroyed, true);
  });

  it("that sends its body before it reads the answer is left alone while it does", () => {
    const { clock, open } = setUp();
    const socket = open();
    socket.bytesWritten = 1_000_000;
    socket.writableLength = 900_000;
    pass(clock, 60, () => (socket.bytesRead += 1_000));
    assert.equal(socket.destroyed, false);
    socket.due = false; // the body has come
    pass(clock, 12);
    assert.equal(socket.destroyed, true);
  });

  it("is cut all the same where the handle does not tell", () => {
    const { clock, open } = setUp();
    const socket = open();
    socket._handle = null;
    pass(clock, 12);
    assert.equal(socket.destroyed, true);
  });
});

describe("a client that owes nothing", () => {
  it("is left alone, and its window begins when it does", () => {
    const { clock, open } = setUp();
    const socket = open();
    socket.due = false;
    pass(clock, 100);
    socket.due = true;
    pass(clock, 9);
    assert.equal(socket.destroyed, false);
    pass(clock, 2);
    assert.equal(socket.destroyed, true);
  });
});

it("a connection that is forgotten ends, whatever comes on it", () => {
  const { clock, open } = setUp();
  const socket = open();
  socket.due = false;
  pass(clock, 20, () => (socket.bytesRead += 1_000));
  assert.equal(socket.destroyed, false);
  socket.forgotten = true;
  pass(clock, 1);
  assert.equal(socket.destroyed, true);
});

describe("the guard", () => {
  it("looks only while there are connections, and again when there are", () => {
    const { clock, open } = setUp();
    assert.equal(clock.pending, 0);
    const first = open();
    open().emit("close");
    assert.equal(clock.pending, 1);
    first.emit("close");
    clock.advance(1_000);
    assert.equal(clock.pending, 0);
    const second = open();
    pass(clock, 12);
    assert.equal(second.destroyed, true);
  });

  it("judges each connection by itself", () => {
    const { clock, open } = setUp();
    const [slow, fast] = [open(), open()];
    pass(clock, 12, () => (fast.bytesRead += 200));
    assert.deepEqual([slow.destroyed, fast.destroyed], [true, false]);
  });
});
