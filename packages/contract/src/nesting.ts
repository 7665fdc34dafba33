/** Deeper JSON would overflow the stack of what walks it. */
export const maxDepth = 100;

/** Whether JSON text nests deeper than {@link maxDepth}, or than another limit. To be asked before anything recursive sees what is in it. */
export function nestsTooDeep(text: string, limit = maxDepth): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (inString) {
      if (char === '\\') at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') {
      if (++depth > limit) return true;
    } else if (char === '}' || char === ']') depth--;
  }
  return false;
}
