/** One variable of an RFC 6570 template. */
export interface TemplateVariable {
  readonly name: string;
  /** Left out, its whole expression expands to nothing that matters: it stands in a query. */
  readonly optional: boolean;
  /** Takes a list: the `*` modifier. */
  readonly list: boolean;
}

const OPERATORS = "+#./;?&";

interface Expression {
  readonly operator: string;
  readonly variables: readonly TemplateVariable[];
}

/** Variables in the order of first use, each once. A template that is none (a brace without its end) has those before the fault. */
export function templateVariables(template: string): readonly TemplateVariable[] {
  const found = new Map<string, TemplateVariable>();
  for (const part of partsOf(template))
    if (typeof part !== "string")
      for (const variable of part.variables) {
        const known = found.get(variable.name);
        found.set(
          variable.name,
          known
            ? { ...variable, optional: known.optional && variable.optional, list: known.list || variable.list }
            : variable,
        );
      }
  return [...found.values()];
}

/**
 * The same template as the SDK's UriTemplate expands it right: that leaves the values of `{a,b}` unencoded and knows no `{;a}`, so each
 * variable outside a query gets an expression of its own. Source: RFC 6570, section 3.2.
 */
export function sdkTemplate(template: string): string {
  return partsOf(template)
    .map((part) => {
      if (typeof part === "string") return part;
      const { operator, variables } = part;
      const text = variables.map(({ name, list }) => name + (list ? "*" : ""));
      if (operator === "?" || operator === "&") return `{${operator}${text.join(",")}}`;
      if (operator === ";") return variables.map(({ name }) => `;${name}={${name}}`).join("");
      if (operator === "/" || operator === ".") return text.map((one) => `{${operator}${one}}`).join("");
      if (operator === "#") return text.map((one, i) => `{${i === 0 ? "#" : "+"}${one}}`).join(",");
      return text.map((one) => `{${operator}${one}}`).join(",");
    })
    .join("");
}

function partsOf(template: string): (string | Expression)[] {
  const parts: (string | Expression)[] = [];
  let at = 0;
  for (;;) {
    const open = template.indexOf("{", at);
    const close = open < 0 ? -1 : template.indexOf("}", open);
    if (close < 0) return [...parts, template.slice(at)];
    parts.push(template.slice(at, open), expression(template.slice(open + 1, close)));
    at = close + 1;
  }
}

function expression(text: string): Expression {
  const operator = text !== "" && OPERATORS.includes(text.charAt(0)) ? text.charAt(0) : "";
  const optional = operator === "?" || operator === "&";
  const variables = text
    .slice(operator.length)
    .split(",")
    // The SDK knows no prefix modifier: it would take `{name:3}` for a variable of that name.
    .map((one) => ({ name: one.replace(/\*|:\d+$/g, "").trim(), optional, list: one.includes("*") }))
    .filter(({ name }) => name !== "");
  return { operator, variables };
}
