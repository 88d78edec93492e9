import { describe, expect, it } from "vitest";
import { editJson, type JsonEdits } from "../wire/json-edit.js";
import { wrappedSchema } from "./downgrade-schema.js";
import { messagesEdits, toolListEdits, toolResultEdits } from "./downgrade.js";
import type { Revision } from "./versions.js";

const edited = (text: string, edits: JsonEdits): string =>
  Buffer.concat(editJson([Buffer.from(text)], edits).map((part) => Buffer.from(part))).toString();

describe("toolResultEdits", () => {
  const AUDIO = '{"type":"audio","data":"UklG","mimeType":"audio/wav","annotations":{"priority":1.0}}';
  const LINK = '{"type":"resource_link","uri":"file:///a","name":"a","description":"the a","size":12}';
  const cases: readonly {
    name: string;
    revision: Revision;
    isWrapped?: boolean;
    given: string;
    want: string;
  }[] = [
    {
      name: "touches nothing that is known",
      revision: "2025-06-18",
      given: `{ "content":[${AUDIO}, ${LINK}], "structuredContent":{"n":1.0}}`,
      want: `{ "content":[${AUDIO}, ${LINK}], "structuredContent":{"n":1.0}}`,
    },
    {
      name: "knows audio since 2025-03-26, links later",
      revision: "2025-03-26",
      given: `{"content":[${AUDIO}, ${LINK}]}`,
      want: `{"content":[${AUDIO},{"type":"text","text":"[resource a](file:///a)\\nthe a"}]}`,
    },
    {
      name: "makes audio a text and keeps its annotations",
      revision: "2024-11-05",
      given: `{"content":[{"type":"text","text":"x" }, ${AUDIO}],"z":1e400}`,
      want: `{"content":[{"type":"text","text":"x" },{"type":"text","annotations":{"priority":1.0},"text":"[audio audio/wav: this client's revision of MCP has no audio]"}],"z":1e400}`,
    },
    {
      name: "leaves unknown kinds, and names of the prototype, alone",
      revision: "2024-11-05",
      given: '{"content":[{"type":"toString"},{"type":"video"},7]}',
      want: '{"content":[{"type":"toString"},{"type":"video"},7]}',
    },
    {
      name: "wraps a value that is no object, and says it as text",
      revision: "2025-11-25",
      given: '{"content":[],"structuredContent":[1.0, 12345678901234567890]}',
      want: '{"content":[{"type":"text","text":"[1.0, 12345678901234567890]"}],"structuredContent":{"result":[1.0, 12345678901234567890]}}',
    },
    {
      name: "makes content where there is none",
      revision: "2025-11-25",
      given: '{"structuredContent":null}',
      want: '{"structuredContent":{"result":null},"content":[{"type":"text","text":"null"}]}',
    },
    {
      name: "adds no text to a text",
      revision: "2025-11-25",
      given: '{"content":[{"type":"text","text":"seven"}],"structuredContent":7}',
      want: '{"content":[{"type":"text","text":"seven"}],"structuredContent":{"result":7}}',
    },
    {
      name: "wraps an object where its schema was wrapped",
      revision: "2025-11-25",
      isWrapped: true,
      given: '{"content":[],"structuredContent":{"a":1}}',
      want: '{"content":[],"structuredContent":{"result":{"a":1}}}',
    },
    {
      name: "adds its text to content that was made older",
      revision: "2024-11-05",
      given: `{"content":[{"type":"audio","mimeType":"a/b"}],"structuredContent":7}`,
      want: `{"content":[{"type":"text","text":"[audio a/b: this client's revision of MCP has no audio]"},{"type":"text","text":"7"}],"structuredContent":{"result":7}}`,
    },
  ];
  it.each(cases)("$name", ({ revision, isWrapped = false, given, want }) => {
    expect(edited(given, toolResultEdits(Buffer.from(given), { revision, isWrapped }))).toBe(want);
  });
});

describe("messagesEdits", () => {
  const given =
    '{"messages":[{"role":"user","content":{"type":"audio","mimeType":"a/b"}},{"role":"user","content":1}]}';
  it("makes audio a text for those who do not know it", () => {
    expect(edited(given, messagesEdits(Buffer.from(given), "2024-11-05"))).toBe(
      `{"messages":[{"role":"user","content":{"type":"text","text":"[audio a/b: this client's revision of MCP has no audio]"}},{"role":"user","content":1}]}`,
    );
    expect(edited(given, messagesEdits(Buffer.from(given), "2025-03-26"))).toBe(given);
  });
});

describe("toolListEdits", () => {
  it("wraps output schemas whose root is no object, and keeps the rest", () => {
    const plain = '{"name":"a" ,"outputSchema":{"type":"object","$ref":"#/$defs/x"}}';
    const given = `{"tools":[${plain},{"name":"b","outputSchema":{"type":"array"}},{"name":"c"}],"nextCursor":""}`;
    const told: [string, boolean][] = [];
    const edits = toolListEdits(Buffer.from(given), (...one) => told.push(one));
    expect(edited(given, edits)).toBe(
      `{"tools":[${plain},{"name":"b","outputSchema":{"type":"object","properties":{"result":{"type":"array"}},"required":["result"]}},{"name":"c"}],"nextCursor":""}`,
    );
    expect(told).toEqual([
      ["a", false],
      ["b", true],
      ["c", false],
    ]);
  });
});

describe("wrappedSchema", () => {
  const cases: readonly { name: string; given: string; want: string }[] = [
    {
      name: "references follow the root",
      given: '{"anyOf":[{"$ref":"#"}, {"$ref" : "#/$defs/a"}],"$defs":{"a":{"minimum":1.0}}}',
      want: '{"anyOf":[{"$ref":"#/properties/result"}, {"$ref" : "#/properties/result/$defs/a"}],"$defs":{"a":{"minimum":1.0}}}',
    },
    {
      name: "anchors and other documents stay",
      given: '{"anyOf":[{"$ref":"#a"},{"$ref":"other.json#/x"},{"$dynamicRef":"#a"}]}',
      want: '{"anyOf":[{"$ref":"#a"},{"$ref":"other.json#/x"},{"$dynamicRef":"#a"}]}',
    },
    {
      name: "data is no schema",
      given: '{"const":{"$ref":"#"},"enum":[{"$ref":"#"}],"not":{"$ref":"#"}}',
      want: '{"const":{"$ref":"#"},"enum":[{"$ref":"#"}],"not":{"$ref":"#/properties/result"}}',
    },
    {
      name: "properties may have any name",
      given: '{"properties":{"$ref":{"$ref":"#/a"},"const":{"$ref":"#"},"$id":{"type":"string"}}}',
      want: '{"properties":{"$ref":{"$ref":"#/properties/result/a"},"const":{"$ref":"#/properties/result"},"$id":{"type":"string"}}}',
    },
    {
      name: "a schema with an id of its own is its own root, wherever the id stands",
      given: '{"items":{"not":{"$ref":"#/x"},"$id":"urn:x"},"not":{"$ref":"#"}}',
      want: '{"items":{"not":{"$ref":"#/x"},"$id":"urn:x"},"not":{"$ref":"#/properties/result"}}',
    },
    { name: "so is the root", given: '{"$ref":"#/x","$id":"urn:x"}', want: '{"$ref":"#/x","$id":"urn:x"}' },
    {
      name: "an id that is an anchor is none",
      given: '{"$id":"#a","$ref":"#/x"}',
      want: '{"$id":"#a","$ref":"#/properties/result/x"}',
    },
  ];
  it.each(cases)("$name", ({ given, want }) => {
    expect(wrappedSchema(Buffer.from(given))).toBe(
      `{"type":"object","properties":{"result":${want}},"required":["result"]}`,
    );
  });

  it("tells the dialect at the root as well", () => {
    expect(wrappedSchema(Buffer.from('{"$schema":"http://json-schema.org/draft-07/schema#"}'))).toBe(
      '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"result":{"$schema":"http://json-schema.org/draft-07/schema#"}},"required":["result"]}',
    );
  });

  it("is not impressed by depth", () => {
    const depth = 200_000;
    const text = `${'{"not":'.repeat(depth)}{"$ref":"#"}${"}".repeat(depth)}`;
    expect(wrappedSchema(Buffer.from(text))).toContain('"$ref":"#/properties/result"');
  });
});
