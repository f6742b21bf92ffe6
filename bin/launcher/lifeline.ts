/**
 * Loaded into each service before its own code: ends the service when its launcher is gone, however that ended.
 *
 * The launcher holds the other end of the channel, and sends nothing through it. When it is killed the system closes
 * it, and the service stops as it does when it is told to.
 */
function stop(): void {
  process.kill(process.pid, 'SIGTERM');
}

if (process.connected) process.once('disconnect', stop);
else stop();
