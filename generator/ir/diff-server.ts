import { verbOf } from "./diff-annotation.js";
import { isSame } from "./diff-item.js";
import type { Finding, RuleId } from "./diff-rule.js";
import { textsGained } from "./diff-text.js";
import { quoted } from "./finding.js";
import { isObject } from "./member.js";
import type { Json, JsonObject, ServerSpec } from "./spec.js";
import { pointerStep } from "./walk.js";

/** All that a server says of itself. How it was asked is no part of it. */
export function serverChanged(before: ServerSpec, after: ServerSpec): Finding[] {
  const found: Finding[] = [
    ...textsGained(before.server, after.server, "/server"),
    ...textsGained(before.instructions, after.instructions ?? null, "/instructions"),
  ];
  const tell = (
    rule: RuleId,
    path: string,
    noun: string,
    [from, to]: readonly [Json | undefined, Json | undefined],
  ): void => {
    if (isSame(from, to)) return;
    found.push({
      ...{ rule, in: to === undefined ? "before" : "after", pointer: path, message: `${noun} ${verbOf(from, to)}` },
      ...(from === undefined ? {} : { before: from }),
      ...(to === undefined ? {} : { after: to }),
    });
  };
  for (const key of new Set([...Object.keys(before.server), ...Object.keys(after.server)])) {
    const rule = Object.hasOwn(SERVER_RULES, key) ? SERVER_RULES[key] : undefined;
    tell(rule ?? "SERVER_INFO_CHANGED", `/server${pointerStep(key)}`, `the server's ${quoted(key).slice(1, -1)}`, [
      before.server[key],
      after.server[key],
    ]);
  }
  tell("INSTRUCTIONS_CHANGED", "/instructions", "the instructions", [before.instructions, after.instructions]);
  tell("PROTOCOL_VERSION_CHANGED", "/protocolVersion", "the revision of the protocol", [
    before.protocolVersion,
    after.protocolVersion,
  ]);
  found.push(...versionsChanged(before.supportedVersions, after.supportedVersions));
  found.push(...capabilitiesChanged(before.capabilities, after.capabilities));
  return found;
}

const SERVER_RULES: Readonly<Record<string, RuleId>> = {
  ...{ name: "SERVER_NAME_CHANGED", version: "SERVER_VERSION_CHANGED", title: "TITLE_CHANGED" },
  ...{ description: "DESCRIPTION_CHANGED", icons: "ICONS_CHANGED" },
};

/** Told only where the server said so both times. */
function versionsChanged(was: readonly string[] | undefined, is: readonly string[] | undefined): Finding[] {
  if (!was || !is) return [];
  return [
    ...was.filter((one) => !is.includes(one)).map((one) => version("PROTOCOL_VERSION_DROPPED", one, was.indexOf(one))),
    ...is.filter((one) => !was.includes(one)).map((one) => version("PROTOCOL_VERSION_SUPPORTED", one, is.indexOf(one))),
  ];
}

function version(
  rule: "PROTOCOL_VERSION_DROPPED" | "PROTOCOL_VERSION_SUPPORTED",
  name: string,
  index: number,
): Finding {
  const isGone = rule === "PROTOCOL_VERSION_DROPPED";
  return {
    ...{ rule, in: isGone ? "before" : "after", pointer: `/supportedVersions/${index}` },
    message: `revision ${quoted(name)} of the protocol is ${isGone ? "no longer" : "now"} supported`,
  };
}

/** A capability and each of its details; `false` is as good as absent. */
function capabilitiesChanged(before: JsonObject, after: JsonObject): Finding[] {
  const [was, is] = [flagsOf(before), flagsOf(after)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((path): Finding[] => {
    const [from, to] = [was.get(path), is.get(path)];
    if (isSame(from, to)) return [];
    const name = quoted(path.slice(1).replaceAll("/", "."));
    if (to === undefined)
      return [
        {
          rule: "CAPABILITY_LOST",
          in: "before",
          pointer: `/capabilities${path}`,
          message: `the capability ${name} is gone`,
        },
      ];
    const place = { in: "after", pointer: `/capabilities${path}` } as const;
    return from === undefined
      ? [{ ...place, rule: "CAPABILITY_GAINED", message: `the capability ${name} is new` }]
      : [{ ...place, rule: "CAPABILITY_CHANGED", message: `the capability ${name} changed`, before: from, after: to }];
  });
}

function flagsOf(capabilities: JsonObject): Map<string, Json> {
  const flags = new Map<string, Json>();
  for (const [name, value] of Object.entries(capabilities)) {
    if (value === false) continue;
    flags.set(pointerStep(name), isObject(value) ? true : value);
    // Below `experimental` and `extensions` stand capabilities of their own; their details are theirs.
    for (const [detail, one] of isObject(value) ? Object.entries(value) : [])
      if (one !== false) flags.set(pointerStep(name) + pointerStep(detail), one);
  }
  return flags;
}
