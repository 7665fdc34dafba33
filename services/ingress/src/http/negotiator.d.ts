/** What we use of it; the types that are published for it are of an older one. */
declare module 'negotiator' {
  export default class Negotiator {
    constructor(request: { headers: Readonly<Record<string, string | string[] | undefined>> });
    encoding(available: readonly string[], options?: { preferred: readonly string[] }): string | undefined;
  }
}
