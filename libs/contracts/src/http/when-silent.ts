import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Calls back when the other side of a request has been silent for `idleMs`, measured from the last byte that moved.
 *
 * The socket tells when nothing has moved for half of that time. Only when the same is found again is the other side at
 * fault: its bytes may lie there and wait for a process that was held up, or has begun to read just now.
 *
 * @param request was made with half of `idleMs` as its `timeout`
 * @param isOurs whether it is this side that takes its time
 */
export function whenSilent(
  request: ClientRequest,
  idleMs: number,
  isOurs: (socket: Socket) => boolean,
  callback: () => void,
): void {
  request.once('socket', (socket) => {
    /** How many bytes had moved when the other side was found silent. */
    let silentAt: number | null = null;
    const onStill = (): void => {
      const moved = socket.bytesRead + socket.bytesWritten;
      if (!isOurs(socket) && silentAt === moved) return callback();
      silentAt = isOurs(socket) ? null : moved;
      // The event comes once, unless something moves.
      socket.setTimeout(idleMs / 2);
    };
    socket.on('timeout', onStill);
    request.once('close', () => socket.off('timeout', onStill));
  });
}
