/** Names that Windows keeps for devices, with any extension. */
const RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$/i;
const SEGMENT = /^[A-Za-z0-9._@+-]{1,200}$/;

/** The part of a path that keeps it from being relative, "/"-separated, portable and inside the output folder; undefined: none does. */
export function badSegment(path: string): string | undefined {
  return path
    .split("/")
    .find(
      (one) =>
        !SEGMENT.test(one) ||
        one === "." ||
        one === ".." ||
        one.endsWith(".") ||
        RESERVED.test(one) ||
        /^\.git$/i.test(one),
    );
}
