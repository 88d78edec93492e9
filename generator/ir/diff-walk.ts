import { constraintsChanged, typesChanged, valuesChanged } from "./diff-value.js";
import type { Facts } from "./diff-fact.js";
import { listAt, mapAt, type Node } from "./diff-node.js";
import { either, NOTHING, relationOf, type Explained, type Pair, type Tools } from "./diff-relation.js";
import type { Json } from "./spec.js";
import { pointerStep } from "./walk.js";

const MAX_DEPTH = 150;
const MAX_BRANCHES = 64;
const ALL: Explained = { less: true, more: true };

/** Tells what changed, as near to where it did as can be said. What it does not find, the caller has to. */
export function walkSchemas(root: { readonly from: Facts; readonly to: Facts }, tools: Tools): void {
  const { prover, teller, isInput } = tools;
  const { facts: reader } = prover;
  const seen = new Set<string>();
  let depth = 0;

  const visit = (given: Pair): Explained => {
    const { a, b } = given;
    const key = `${a.key}|${b.key}`;
    // Told where it was met first, or about to be.
    if (seen.has(key) || depth >= MAX_DEPTH) return ALL;
    seen.add(key);
    depth++;
    const pair = {
      ...given,
      kept: given.kept || prover.holds(a, b.nodes),
      noneNew: given.noneNew || prover.holds(b, a.nodes),
      pointers: [a.nodes[0]?.pointer || given.pointers[0], b.nodes[0]?.pointer || given.pointers[1]] as const,
    };
    const explained = compare(pair);
    depth--;
    const left = relationOf({ kept: pair.kept || explained.less, noneNew: pair.noneNew || explained.more });
    if (left === "same") return explained;
    const rule = ({ narrowed: "SCHEMA_NARROWED", widened: "SCHEMA_WIDENED", changed: "SCHEMA_CHANGED" } as const)[left];
    const message = {
      narrowed: `${teller.subject(pair.path)} allows less than before`,
      widened: `${teller.subject(pair.path)} allows more than before`,
      changed: `${teller.subject(pair.path)} changed, and cannot be shown to be compatible`,
    }[left];
    teller.tell(rule, { pointer: pair.pointers[1], message, ...shownAs(a, b) });
    return ALL;
  };

  const compare = (pair: Pair): Explained => {
    const { a, b } = pair;
    const types = typesChanged(pair, teller);
    if (![...a.types].some((type) => b.types.has(type))) return types;
    const values = a.values || b.values ? valuesChanged(pair, teller) : undefined;
    const parts = [types];
    if (values) parts.push(values);
    else parts.push(constraintsChanged(pair, tools), variantsChanged(pair));
    if (a.types.has("object") && b.types.has("object")) parts.push(requiredChanged(pair), membersChanged(pair));
    if (a.types.has("array") && b.types.has("array")) parts.push(itemsChanged(pair));
    return either(parts);
  };

  const requiredChanged = ({ a, b, path, pointers, kept, noneNew }: Pair): Explained => {
    const told = { less: false, more: false };
    const tell = (rule: "REQUIRED_ADDED" | "REQUIRED_REMOVED", name: string, says: string): void => {
      const place = { pointer: pointers[1] + (has(b, name) ? `/properties${pointerStep(name)}` : "") };
      teller.tell(rule, { ...place, message: `${teller.subject(joined(path, name))} ${says}` });
    };
    for (const name of kept ? [] : b.required)
      if (!a.required.has(name)) {
        told.less = true;
        // Told when it is told that it was added.
        if (!isInput && has(b, name) && !has(a, name)) continue;
        tell("REQUIRED_ADDED", name, has(a, name) ? "is now required" : "is new and required");
      }
    for (const name of noneNew ? [] : a.required)
      if (!b.required.has(name) && (has(b, name) || !has(a, name))) {
        told.more = true;
        tell("REQUIRED_REMOVED", name, "is no longer required");
      }
    return told;
  };

  const membersChanged = (pair: Pair): Explained => {
    const { a, b, path, pointers } = pair;
    const parts: Explained[] = [];
    const below = (from: Facts, to: Facts, step: string, name: string): Explained => {
      if (from.nodes.length + to.nodes.length === 0) return NOTHING;
      return visit({ ...pair, a: from, b: to, path: name, pointers: [pointers[0] + step, pointers[1] + step] });
    };
    const names = new Set([...namesOf(a), ...namesOf(b)]);
    for (const name of names) {
      const [from, to] = [reader.member(a, name), reader.member(b, name)];
      const step = `/properties${pointerStep(name)}`;
      const at = joined(path, name);
      if (has(a, name) && has(b, name)) parts.push(below(from, to, step, at));
      else if (has(b, name))
        parts.push(
          memberAdded(pair, name, { from, to }),
          // Members that were meant, though under no name, must stay valid.
          ...(reader.declares(a, name) && !prover.impossible(from) ? [below(from, to, step, at)] : []),
        );
      else parts.push(memberRemoved(pair, name, to));
    }
    const patterns = new Set(
      [a, b].flatMap(({ nodes }) => nodes.flatMap((node) => [...mapAt(node, "patternProperties").keys()])),
    );
    for (const pattern of patterns) {
      const [from, to] = [reader.matching(a, pattern), reader.matching(b, pattern)];
      parts.push(below(from, to, `/patternProperties${pointerStep(pattern)}`, joined(path, `/${pattern}/`)));
    }
    parts.push(othersChanged(pair, patterns, below));
    return either(parts);
  };

  const memberAdded = (
    { a, b, path, pointers }: Pair,
    name: string,
    { from, to }: { from: Facts; to: Facts },
  ): Explained => {
    const isRequired = b.required.has(name) && !a.required.has(name);
    const wasRefused = prover.impossible(from);
    // Told already, as required; or named before in a branch, and then none new.
    if ((isInput && isRequired) || reader.names(a, name)) {
      if (isInput && isRequired) return { less: true, more: wasRefused };
      if (!wasRefused) return NOTHING;
    }
    const rule = !isInput && wasRefused ? "CLOSED_PROPERTY_ADDED" : "PROPERTY_ADDED";
    const says = isRequired ? "was added, and is always there" : "was added";
    const why = rule === "PROPERTY_ADDED" ? "" : ", and the schema before refused members that it did not list";
    teller.tell(rule, {
      pointer: to.nodes[0]?.pointer ?? pointers[1],
      message: `${teller.subject(joined(path, name))} ${says}${why}`,
      ...afterOf(to),
    });
    return { less: isRequired, more: wasRefused };
  };

  const memberRemoved = ({ a, b, path, pointers }: Pair, name: string, to: Facts): Explained => {
    const isRefused = prover.impossible(to);
    if (!isRefused && reader.names(b, name)) return NOTHING;
    const from = reader.member(a, name);
    teller.tell("PROPERTY_REMOVED", {
      ...{ in: "before", pointer: from.nodes[0]?.pointer ?? pointers[0] },
      message: `${teller.subject(joined(path, name))} was removed${isRefused ? ", and members that are not listed are refused" : ""}`,
      ...beforeOf(from),
    });
    return { less: isRefused, more: true };
  };

  const othersChanged = (
    pair: Pair,
    patterns: ReadonlySet<string>,
    below: (from: Facts, to: Facts, step: string, name: string) => Explained,
  ): Explained => {
    const [from, to] = [reader.others(pair.a, { patterns }), reader.others(pair.b, { patterns })];
    const [wasRefused, isRefused] = [prover.impossible(from), prover.impossible(to)];
    if (wasRefused === isRefused)
      return wasRefused ? NOTHING : below(from, to, "/additionalProperties", joined(pair.path, "*"));
    if (isRefused ? pair.kept : pair.noneNew) return NOTHING;
    const subject = teller.subject(pair.path);
    const pointer = to.nodes[0]?.pointer ?? pair.pointers[1];
    if (isRefused)
      teller.tell("ADDITIONAL_FORBIDDEN", { pointer, message: `${subject} now refuses members that are not listed` });
    else
      teller.tell("ADDITIONAL_ALLOWED", {
        pointer,
        message: `${subject} no longer refuses members that are not listed`,
      });
    return { less: isRefused, more: !isRefused };
  };

  const itemsChanged = (pair: Pair): Explained => {
    const { a, b, path, pointers } = pair;
    const first = Math.max(
      0,
      ...[a, b].flatMap(({ nodes }) => nodes.map((node) => listAt(node, "prefixItems").length)),
    );
    const parts: Explained[] = [];
    for (let i = 0; i <= first; i++) {
      const [from, to] = [reader.item(a, i), reader.item(b, i)];
      if (from.nodes.length + to.nodes.length === 0) continue;
      const step = i === first ? "/items" : `/prefixItems/${i}`;
      const next = { a: from, b: to, path: `${path}[${i === first ? "" : i}]` };
      parts.push(visit({ ...pair, ...next, pointers: [pointers[0] + step, pointers[1] + step] }));
    }
    return either(parts);
  };

  /** Branches without an equal on the other side. Two of the same types, or the last ones left, are the same one, changed. */
  const variantsChanged = (pair: Pair): Explained => {
    const [was, is] = [branchesOf(pair.a), branchesOf(pair.b)];
    if (!was || !is || (pair.kept && pair.noneNew)) return NOTHING;
    const left = [...was];
    const added = is.filter((one) => {
      const at = left.findIndex((other) => {
        const [from, to] = [reader.of([other]), reader.of([one])];
        return prover.holds(from, [one], true) && prover.holds(to, [other], true);
      });
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
    const parts: Explained[] = [];
    const removed = left.filter((from) => {
      const at = added.findIndex(
        (to) => left.length + added.length === 2 || sameTypes(reader.of([from]), reader.of([to])),
      );
      const [to] = at < 0 ? [] : added.splice(at, 1);
      if (to)
        parts.push(visit({ ...pair, a: reader.of([from]), b: reader.of([to]), pointers: [from.pointer, to.pointer] }));
      return to === undefined;
    });
    const subject = teller.subject(pair.path);
    for (const { pointer, schema } of pair.noneNew ? [] : added)
      teller.tell("VARIANT_ADDED", { pointer, message: `${subject} has one more alternative`, after: schema });
    for (const { pointer, schema } of pair.kept ? [] : removed)
      teller.tell("VARIANT_REMOVED", {
        in: "before",
        pointer,
        message: `${subject} has an alternative less`,
        before: schema,
      });
    return either([...parts, { less: removed.length > 0, more: added.length > 0 }]);
  };

  visit({ a: root.from, b: root.to, path: "", pointers: ["", ""], kept: false, noneNew: false });
}

const namesOf = ({ nodes }: Facts): string[] => nodes.flatMap((node) => [...mapAt(node, "properties").keys()]);

const has = ({ nodes }: Facts, name: string): boolean => nodes.some((node) => mapAt(node, "properties").has(name));

const joined = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

const sameTypes = (a: Facts, b: Facts): boolean => [...a.types].sort().join() === [...b.types].sort().join();

/** The alternatives of a place that has them once. */
function branchesOf({ nodes }: Facts): readonly Node[] | undefined {
  const lists = nodes
    .flatMap((node) => [listAt(node, "anyOf"), listAt(node, "oneOf")])
    .filter(({ length }) => length > 0);
  return lists.length === 1 && (lists[0]?.length ?? 0) <= MAX_BRANCHES ? lists[0] : undefined;
}

const schemaOf = ({ nodes }: Facts): Json | undefined => nodes[0]?.schema;

function beforeOf(facts: Facts): { before?: Json } {
  const before = schemaOf(facts);
  return before === undefined ? {} : { before };
}

function afterOf(facts: Facts): { after?: Json } {
  const after = schemaOf(facts);
  return after === undefined ? {} : { after };
}

const shownAs = (a: Facts, b: Facts): { before?: Json; after?: Json } => ({ ...beforeOf(a), ...afterOf(b) });
