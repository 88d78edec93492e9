import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { addressLimit } from "./connections.js";

const from = (remoteAddress: string) => Object.assign(new EventEmitter(), { remoteAddress });

describe("addressLimit", () => {
  const cases = [
    { name: "as many as may be", given: ["192.0.2.1", "192.0.2.1"], want: [true, true] },
    { name: "one more", given: ["192.0.2.1", "192.0.2.1", "192.0.2.1"], want: [true, true, false] },
    { name: "another address", given: ["192.0.2.1", "192.0.2.1", "192.0.2.2"], want: [true, true, true] },
    {
      name: "one address in both families",
      given: ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"],
      want: [true, true, false],
    },
    { name: "loopback", given: ["127.0.0.1", "127.0.0.1", "127.0.0.1"], want: [true, true, true] },
    { name: "loopback of IPv6", given: ["::1", "::1", "::1"], want: [true, true, true] },
    { name: "loopback as IPv6", given: Array<string>(3).fill("::ffff:127.0.0.1"), want: [true, true, true] },
    { name: "a name that only looks like it", given: Array<string>(3).fill("127::1"), want: [true, true, false] },
  ];
  it.each(cases)("$name", ({ given, want }) => {
    const within = addressLimit(2);
    expect(given.map((address) => within(from(address)))).toEqual(want);
  });

  it("counts those alone that are open", () => {
    const within = addressLimit(1);
    const first = from("192.0.2.1");
    expect([within(first), within(from("192.0.2.1"))]).toEqual([true, false]);
    first.emit("close");
    expect([within(from("192.0.2.1")), within(from("192.0.2.1"))]).toEqual([true, false]);
  });
});
