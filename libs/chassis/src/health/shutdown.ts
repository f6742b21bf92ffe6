import { Injectable } from '@nestjs/common';

/** Ends the process as SIGTERM does, for those who cannot send a signal. */
@Injectable()
export class Shutdown {
  /** Runs what Nest runs at SIGTERM, without a signal: a unikernel has nobody who could send one. */
  begin(): void {
    process.emit('SIGTERM', 'SIGTERM');
  }
}
