/** This worker cannot work: its own file system is at fault, and neither the task nor any service. */
export class LocalFault extends Error {
  override name = 'LocalFault';

  /** Whether it is only that the disk had no room; a quota that is used up is another matter. */
  get isFull(): boolean {
    const { code, message } = (this.cause ?? this) as NodeJS.ErrnoException;
    return code === 'ENOSPC' || message.includes('No space left');
  }
}

/** What libvips says of a file that the system does not let it open, read or write. */
const saidByLibvips =
  /: (?:unable to open for \w+|write error|read error)\n(?:system|unix) error: |^Input file is missing/;

/**
 * What an error of file or image work says of this worker; null where it says nothing. Not for errors of connections,
 * which have error numbers as well.
 */
export function localFault(error: unknown): LocalFault | null {
  if (error instanceof LocalFault) return error;
  if (!(error instanceof Error)) return null;
  const ofSystem = typeof (error as NodeJS.ErrnoException).errno === 'number' || saidByLibvips.test(error.message);
  return ofSystem ? new LocalFault(error.message.split('\n', 2).join(': '), { cause: error }) : null;
}

/** The outcome of file work, whose errors are faults of this worker. */
export function locally<Result>(work: Promise<Result>): Promise<Result> {
  return work.catch((error: unknown) => {
    throw localFault(error) ?? error;
  });
}
