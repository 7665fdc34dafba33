import { ConductorError } from '../errors.ts';

/** A path that cannot be read, or that uses a feature this server does not have. */
export class PathError extends ConductorError {
  override name = 'PathError';
}
