/** Longest path (characters): proxies and browsers cut off what is much longer, and so would the admin API's own URLs. */
const maxLength = 1_000;
const tooLong = `is longer than ${maxLength} characters; choose a shorter one`;

/** What is wrong with a service's base path, or undefined. */
export function basePathFault(path: string): string | undefined {
  if (!path.startsWith('/')) return 'has to start with /';
  if (path.length > maxLength) return tooLong;
  for (const segment of segmentsOf(path)) {
    if (/^[{:]/.test(segment))
      return `the base path is fixed: ${segment} is a parameter, which belongs into a route's path`;
    const fault = literalFault(segment) ?? (/^[A-Za-z0-9._~-]+$/.test(segment) ? undefined : notAllowed(segment));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** What is wrong with a route's path, or undefined. */
export function routePathFault(path: string): string | undefined {
  if (!path.startsWith('/')) return 'has to start with /';
  if (path.length > maxLength) return tooLong;
  const names = new Set<string>();
  for (const segment of segmentsOf(path)) {
    if (segment.startsWith(':')) return `${segment} is not a parameter here; write {${segment.slice(1)}}`;
    const name = parameterName(segment);
    if (name === undefined) {
      const fault = literalFault(segment) ?? (/^[^\s{}%?#*\\]+$/u.test(segment) ? undefined : notAllowed(segment));
      if (fault !== undefined) return fault;
    } else if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)) {
      return `${segment}: a parameter's name starts with a letter or _, followed by letters, digits, _ and -`;
    } else if (names.has(name)) {
      return `{${name}} stands in the path twice; give each parameter a name of its own`;
    } else {
      names.add(name);
    }
  }
  return undefined;
}

/** A configured path's segments; a slash at the end does not count, as it does not in requests. */
export function segmentsOf(path: string): string[] {
  const segments = path.split('/').slice(1);
  if (segments.at(-1) === '') segments.pop();
  return segments;
}

/** A segment that takes any value. */
export function isParameter(segment: string): boolean {
  return parameterName(segment) !== undefined;
}

/** The name in a segment `{name}`; undefined for a literal segment. */
function parameterName(segment: string): string | undefined {
  return /^\{([^{}]*)\}$/.exec(segment)?.[1];
}

function literalFault(segment: string): string | undefined {
  if (segment === '') return 'has an empty segment (//); leave it out';
  if (segment === '.' || segment === '..')
    return `the segment ${segment} is resolved by clients and would never arrive`;
  return undefined;
}

function notAllowed(segment: string): string {
  if (/[{}]/.test(segment)) return `${segment}: a parameter takes a whole segment, {name}`;
  if (segment.includes('%')) return `${segment}: write the character itself in place of its percent escape`;
  return `${segment} has characters that a path may not have`;
}

/** What two routes of one method, or two services, must not have in common: no request could tell them apart. */
export function pathShape(path: string): string {
  return `/${segmentsOf(path)
    .map((segment) => (isParameter(segment) ? '{}' : segment))
    .join('/')}`;
}
